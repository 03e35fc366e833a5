import type { JsonObject } from '../json.ts';
import type { FaultError } from './answer.ts';
import { halves, lastOf, sentEvent, textIn } from './wire.ts';
import type { SettledContent, Wire } from './wire.ts';

/** Anthropic's messages. */
export const anthropicWire: Wire = {
  basePath: '',
  accepts: (path) => path.endsWith('/v1/messages'),
  keyOf: (headers) => String(headers['x-api-key'] ?? ''),
  modelOf: (_, body) => String(body['model'] ?? ''),
  lastText: (body) => textIn(lastOf(body['messages'])['content']),
  events,
  unknownEvent: sentEvent({ type: 'something_new' }, 'something_new'),
  error,
  errorEvent: (what) => sentEvent(error(what).body, 'error'),
  limitHeaders: (buckets) => Object.fromEntries(Object.entries(buckets).flatMap(([name, { size, remaining, resetMs }]) => [
    [`anthropic-ratelimit-${name}-limit`, String(size)],
    [`anthropic-ratelimit-${name}-remaining`, String(remaining)],
    [`anthropic-ratelimit-${name}-reset`, new Date(Date.now() + resetMs).toISOString()],
  ])),
};

function events(content: SettledContent): readonly string[] {
  const event = (data: JsonObject & { readonly type: string }): string => sentEvent(data, data.type);
  const { usage } = content;
  const input = usage === undefined ? {} : {
    input_tokens: usage.inputTokens - usage.cacheReadTokens - usage.cacheWriteTokens,
    cache_read_input_tokens: usage.cacheReadTokens,
    cache_creation_input_tokens: usage.cacheWriteTokens,
  };
  const started = usage === undefined ? {} : { usage: { ...input, output_tokens: Math.min(1, usage.outputTokens) } };
  const sent = [event({ type: 'message_start', message: { id: 'msg_1', type: 'message', role: 'assistant', model: content.model, content: [], stop_reason: null, ...started } })];
  let index = 0;
  const block = (content_block: JsonObject, deltas: readonly JsonObject[]): void => {
    sent.push(event({ type: 'content_block_start', index, content_block }));
    for (const delta of deltas) sent.push(event({ type: 'content_block_delta', index, delta }));
    sent.push(event({ type: 'content_block_stop', index }));
    index += 1;
  };
  if (content.reasoning !== undefined || content.signature !== undefined) {
    const thoughts = halves(content.reasoning ?? '').map((thinking) => ({ type: 'thinking_delta', thinking }));
    const signature = content.signature === undefined ? [] : [{ type: 'signature_delta', signature: content.signature }];
    block({ type: 'thinking', thinking: '', signature: '' }, [...thoughts, ...signature]);
  }
  sent.push(event({ type: 'ping' }));
  const words = [...content.pieces, ...(content.refusal === undefined ? [] : [content.refusal])];
  if (words.length > 0) block({ type: 'text', text: '' }, words.map((text) => ({ type: 'text_delta', text })));
  for (const call of content.toolCalls) {
    block({ type: 'tool_use', id: call.id, name: call.name, input: {} }, ['', ...halves(call.arguments)].map((partial_json) => ({ type: 'input_json_delta', partial_json })));
  }
  const finish = content.finish ?? 'stop';
  if (finish === 'none') return sent;
  const reasons: { readonly [reason: string]: string } = { stop: 'end_turn', length: 'max_tokens', 'tool-calls': 'tool_use', 'content-filter': 'refusal', other: 'pause_turn' };
  const totals = usage === undefined ? {} : { usage: { ...input, output_tokens: usage.outputTokens, output_tokens_details: { thinking_tokens: usage.reasoningTokens } } };
  const stop = content.refusal === undefined ? (reasons[finish] ?? finish) : 'refusal';
  sent.push(event({ type: 'message_delta', delta: { stop_reason: stop, stop_sequence: null }, ...totals }), event({ type: 'message_stop' }));
  return sent;
}

const words: { readonly [Failure in FaultError['failure']]: readonly [status: number, type: string, message: string] } = {
  'rate-limit': [429, 'rate_limit_error', "This request would exceed your organization's rate limit."],
  quota: [400, 'invalid_request_error', 'Your credit balance is too low to access the Anthropic API.'],
  overloaded: [529, 'overloaded_error', 'Overloaded'],
  server: [500, 'api_error', 'Internal server error'],
  context: [400, 'invalid_request_error', 'prompt is too long: 210000 tokens > 200000 maximum'],
  auth: [401, 'authentication_error', 'invalid x-api-key'],
  'model-gone': [404, 'not_found_error', 'model: claude-1'],
  parameter: [400, 'invalid_request_error', 'temperature: Extra inputs are not permitted'],
  invalid: [400, 'invalid_request_error', 'messages: at least one message is required'],
  policy: [400, 'invalid_request_error', 'Output blocked by content filtering policy'],
};

function error(what: FaultError): ReturnType<Wire['error']> {
  const [status, type, message] = words[what.failure];
  return {
    status: what.status ?? status,
    headers: what.retryAfterMs === undefined ? {} : { 'retry-after': String(what.retryAfterMs / 1_000) },
    body: { type: 'error', error: { type, message: what.message ?? message, ...what.fields }, request_id: 'req_1' },
  };
}
