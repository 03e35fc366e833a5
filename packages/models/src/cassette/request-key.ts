import { createHash } from 'node:crypto';
import type { Message, ModelCall, ModelRequest } from '../model.ts';
import { partsOf, textOf } from '../wire/message-parts.ts';

/** What makes two requests the same one: everything that reaches the model, however it is written down. */
export function requestKey(provider: string, request: ModelRequest, call: Pick<ModelCall, 'model'>): { readonly key: string; readonly words: string } {
  const messages = request.messages.map((message) => ({ role: message.role, content: partsOf(message) }));
  const normal = { provider, model: call.model, ...request, messages };
  return { key: createHash('sha256').update(JSON.stringify(sorted(normal))).digest('hex'), words: describe(request) };
}

/** The same value with the keys of its objects in order, and without those that are undefined. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return Object.fromEntries(entries.sort(([left], [right]) => (left < right ? -1 : 1)).map(([key, inner]) => [key, sorted(inner)]));
}

function describe(request: ModelRequest): string {
  const last = request.messages.at(-1);
  const tools = (request.tools ?? []).map((tool) => tool.name).join(', ');
  const shown = last === undefined ? 'none' : `${last.role} ${JSON.stringify(shorten(wordsOf(last)))}`;
  return `${request.messages.length} messages, tools [${tools}]${request.output === undefined ? '' : `, output "${request.output.name}"`}, last message ${shown}.`;
}

function wordsOf(message: Message): string {
  return textOf(message) || JSON.stringify(message.content);
}

function shorten(text: string): string {
  return text.length <= 200 ? text : `${text.slice(0, 199)}…`;
}
