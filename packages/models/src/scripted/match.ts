import type { Message, ModelCall, ModelRequest } from '../model.ts';
import { ModelError } from '../model-error.ts';
import type { Script, ScriptAnswer, ScriptCondition } from './script.ts';

/** The answer of the first reply that fits. @throws ModelError FW_MODEL_SCRIPT that shows what was asked for when none does. */
export function findAnswer(provider: string, script: Script, request: ModelRequest, call: Pick<ModelCall, 'model' | 'attempt'>): ScriptAnswer {
  const asked = readRequest(request, call);
  let nearest: { readonly index: number; readonly misses: readonly string[] } | undefined;
  for (const [index, reply] of script.replies.entries()) {
    const misses = missesOf(reply.when ?? {}, asked);
    if (misses.length === 0) return reply.then;
    if (nearest === undefined || misses.length < nearest.misses.length) nearest = { index, misses };
  }
  const near = nearest === undefined ? 'The script has no replies.' : `Nearest is replies[${nearest.index}], but ${nearest.misses.join(' and ')}.`;
  throw new ModelError('FW_MODEL_SCRIPT', { message: `The script of ${provider}/${call.model} has no reply to ${describe(asked)}. ${near}`, failure: 'invalid' });
}

/** A request as conditions see it. */
export interface AskedFor {
  readonly model: string;
  readonly attempt: number;
  readonly turn: number;
  readonly system: string;
  readonly all: string;
  readonly last: string;
  readonly tools: readonly string[];
  readonly output: string | undefined;
}

export function readRequest(request: ModelRequest, call: Pick<ModelCall, 'model' | 'attempt'>): AskedFor {
  const texts = request.messages.map(textOf);
  return {
    model: call.model,
    attempt: call.attempt,
    turn: request.messages.filter((message) => message.role === 'assistant').length,
    system: texts.filter((_, index) => request.messages[index]?.role === 'system').join('\n'),
    all: texts.join('\n'),
    last: texts.at(-1) ?? '',
    tools: (request.tools ?? []).map((tool) => tool.name),
    output: request.output?.name,
  };
}

function textOf(message: Message): string {
  if (typeof message.content === 'string') return message.content;
  return message.content
    .map((part) => {
      if (part.type === 'text' || part.type === 'reasoning') return part.text;
      if (part.type === 'tool-call') return `${part.name} ${JSON.stringify(part.arguments)}`;
      if (part.type === 'tool-result') return `${part.name} ${plain(part.content)}`;
      return part.mediaType;
    })
    .join('\n');
}

/** JSON with the text of its strings readable as it is, so that a condition needs no escapes of escapes. */
function plain(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return Object.entries(value).map(([key, inner]) => (Array.isArray(value) ? plain(inner) : `${key}: ${plain(inner)}`)).join('\n');
}

function missesOf(when: ScriptCondition, asked: AskedFor): readonly string[] {
  const misses: string[] = [];
  const same = (name: string, wanted: string | number | undefined, found: string | number | undefined): void => {
    if (wanted !== undefined && wanted !== found) misses.push(`its ${name} is ${JSON.stringify(wanted)}`);
  };
  const within = (place: string, wanted: string | undefined, text: string): void => {
    if (wanted !== undefined && !text.includes(wanted)) misses.push(`${place} has no ${JSON.stringify(wanted)}`);
  };
  same('model', when.model, asked.model);
  same('turn', when.turn, asked.turn);
  same('attempt', when.attempt, asked.attempt);
  same('output', when.output, asked.output);
  within('the system message', when.system, asked.system);
  within('the last message', when.lastContains, asked.last);
  for (const wanted of when.contains ?? []) within('the conversation', wanted, asked.all);
  for (const wanted of when.tools ?? []) if (!asked.tools.includes(wanted)) misses.push(`the tool ${JSON.stringify(wanted)} is not offered`);
  return misses;
}

function describe(asked: AskedFor): string {
  const parts = [`turn ${asked.turn}, attempt ${asked.attempt}`, `tools [${asked.tools.join(', ')}]`];
  if (asked.output !== undefined) parts.push(`output "${asked.output}"`);
  parts.push(`system ${JSON.stringify(shorten(asked.system))}`, `last message ${JSON.stringify(shorten(asked.last))}`);
  return parts.join(', ');
}

function shorten(text: string): string {
  return text.length <= 200 ? text : `${text.slice(0, 199)}…`;
}
