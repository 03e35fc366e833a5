import { failedWith } from './failed-with.ts';
import type { Json } from './json.ts';
import type { FinishReason, ModelEvent, ModelRequest, ModelResponse, Part, ToolCall } from './model.ts';
import { parseJson } from './parse-json.ts';
import type { Receipt } from './receipt.ts';
import { noUsage } from './usage.ts';
import type { Usage } from './usage.ts';

/** Puts events together to a response. */
export interface Collector {
  take(event: ModelEvent): void;
  /** @throws ModelError FW_MODEL_MALFORMED when JSON was asked for and something else came. */
  response(request: ModelRequest, receipt: Receipt): ModelResponse;
}

export function createCollector(): Collector {
  const parts: Part[] = [];
  let model = '';
  let usage: Usage = noUsage;
  let finishReason: FinishReason = 'other';
  return {
    take(event) {
      switch (event.type) {
        case 'restart': parts.length = 0; break;
        case 'start': model = event.model; break;
        case 'text': case 'reasoning': appendText(parts, event.type, event.delta); break;
        case 'signature': appendSignature(parts, event.opaque); break;
        case 'tool-call': parts.push({ type: 'tool-call', id: event.id, name: event.name, arguments: event.arguments }); break;
        case 'usage': usage = event.usage; break;
        case 'finish': finishReason = event.reason; break;
      }
    },
    response(request, receipt) {
      const text = textOf(parts, 'text');
      const toolCalls: ToolCall[] = parts.flatMap((part) => (part.type === 'tool-call' ? [{ id: part.id, name: part.name, arguments: part.arguments }] : []));
      const response: ModelResponse = {
        text,
        reasoning: textOf(parts, 'reasoning'),
        toolCalls,
        message: { role: 'assistant', content: parts },
        finishReason,
        usage,
        model,
        receipt,
      };
      const answered = request.output !== undefined && toolCalls.length === 0 && finishReason !== 'content-filter';
      return answered ? { ...response, output: parseOutput(response, request.output.name) } : response;
    },
  };
}

function appendText(parts: Part[], type: 'text' | 'reasoning', delta: string): void {
  const last = parts.at(-1);
  // A signature closes its reasoning: what comes after it is another thought.
  const open = last?.type === type && !(last.type === 'reasoning' && last.opaque !== undefined);
  if (open) parts[parts.length - 1] = { type, text: last.text + delta };
  else parts.push({ type, text: delta });
}

function appendSignature(parts: Part[], opaque: Json): void {
  const last = parts.at(-1);
  if (last?.type === 'reasoning' && last.opaque === undefined) parts[parts.length - 1] = { ...last, opaque };
  else parts.push({ type: 'reasoning', text: '', opaque });
}

function textOf(parts: readonly Part[], type: 'text' | 'reasoning'): string {
  return parts.map((part) => (part.type === type && 'text' in part ? part.text : '')).join('');
}

function parseOutput(response: ModelResponse, name: string): Json {
  const parsed = parseJson(unfenced(response.text));
  if ('value' in parsed) return parsed.value;
  const hint = response.finishReason === 'length' ? ' The answer hit the limit of output tokens: raise maxOutputTokens.' : '';
  throw failedWith('malformed', `${response.model} was asked for "${name}" as JSON and answered something else: ${parsed.problem}.${hint}`, {
    receipt: response.receipt,
    partial: { text: response.text, reasoning: response.reasoning, usage: response.usage },
  });
}

/** Servers without constrained decoding like to wrap their JSON in a code fence. */
function unfenced(text: string): string {
  const trimmed = text.trim();
  const start = trimmed.indexOf('\n');
  const fenced = start > 0 && trimmed.endsWith('```') && /^```\w*\s*$/.test(trimmed.slice(0, Math.min(start, 40)));
  return fenced ? trimmed.slice(start, -3) : trimmed;
}
