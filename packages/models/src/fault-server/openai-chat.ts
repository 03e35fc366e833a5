import type { JsonObject } from '../json.ts';
import type { FaultError, ServedUsage } from './answer.ts';
import { halves, lastOf, sentEvent, textIn } from './wire.ts';
import type { SettledContent, Wire } from './wire.ts';

/** Chat completions, as OpenAI and many servers speak them. */
export const openaiChatWire: Wire = {
  basePath: '/v1',
  accepts: (path) => path.endsWith('/chat/completions'),
  keyOf: (headers) => headers.authorization?.replace(/^Bearer /, '') ?? '',
  modelOf: (_, body) => String(body['model'] ?? ''),
  lastText: (body) => textIn(lastOf(body['messages'])['content']),
  events,
  unknownEvent: 'event: something.new\ndata: {"id":"c1","object":"something.new"}\n\n',
  error: openaiError,
  errorEvent: (error) => sentEvent(openaiError(error).body),
  limitHeaders: openaiLimitHeaders,
};

function events(content: SettledContent): readonly string[] {
  const chunk = (delta: JsonObject, finish: string | null = null): string =>
    sentEvent({ id: 'c1', object: 'chat.completion.chunk', created: 1, model: content.model, choices: [{ index: 0, delta, finish_reason: finish }] });
  const opening = content.toolCalls.map((call, index) => chunk({ tool_calls: [{ index, ...(call.id === '' ? {} : { id: call.id }), type: 'function', function: { name: call.name, arguments: '' } }] }));
  // The pieces of parallel calls take turns, as they may.
  const pieces = content.toolCalls.map((call) => halves(call.arguments));
  const filling = [0, 1].flatMap((turn) =>
    pieces.flatMap((halves, index) => (halves[turn] === undefined ? [] : [chunk({ tool_calls: [{ index, function: { arguments: halves[turn] } }] })])),
  );
  const words: { readonly [reason: string]: string } = { stop: 'stop', length: 'length', 'tool-calls': 'tool_calls', 'content-filter': 'content_filter', other: 'other' };
  const finish = content.finish ?? 'stop';
  return [
    chunk({ role: 'assistant', content: '' }),
    ...halves(content.reasoning ?? '').map((delta) => chunk({ reasoning_content: delta })),
    ...content.pieces.map((delta) => chunk({ content: delta })),
    ...opening,
    ...filling,
    ...(content.refusal === undefined ? [] : [chunk({ refusal: content.refusal })]),
    ...(finish === 'none' ? [] : [chunk({}, words[finish] ?? finish)]),
    ...(content.usage === undefined ? [] : [sentEvent({ id: 'c1', object: 'chat.completion.chunk', model: content.model, choices: [], usage: chatUsage(content.usage) })]),
    ...(finish === 'none' ? [] : ['data: [DONE]\n\n']),
  ];
}

function chatUsage(usage: Required<ServedUsage>): JsonObject {
  return {
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: usage.inputTokens + usage.outputTokens,
    prompt_tokens_details: { cached_tokens: usage.cacheReadTokens, ...(usage.cacheWriteTokens === 0 ? {} : { cache_write_tokens: usage.cacheWriteTokens }) },
    completion_tokens_details: { reasoning_tokens: usage.reasoningTokens },
  };
}

const words: { readonly [Failure in FaultError['failure']]: readonly [status: number, type: string, code: string | null, message: string] } = {
  'rate-limit': [429, 'tokens', 'rate_limit_exceeded', 'Rate limit reached for requests.'],
  quota: [429, 'insufficient_quota', 'insufficient_quota', 'You exceeded your current quota, please check your plan and billing details.'],
  overloaded: [503, 'service_unavailable_error', null, 'The engine is currently overloaded, please try again later.'],
  server: [500, 'server_error', null, 'The server had an error while processing your request.'],
  context: [400, 'invalid_request_error', 'context_length_exceeded', "This model's maximum context length is 8192 tokens."],
  auth: [401, 'invalid_request_error', 'invalid_api_key', 'Incorrect API key provided.'],
  'model-gone': [404, 'invalid_request_error', 'model_not_found', 'The model does not exist or you do not have access to it.'],
  parameter: [400, 'invalid_request_error', 'unsupported_parameter', "Unsupported parameter: 'max_tokens' is not supported with this model."],
  invalid: [400, 'invalid_request_error', null, 'Invalid schema for function.'],
  policy: [400, 'invalid_request_error', 'content_policy_violation', 'Your request was rejected by our safety system.'],
};

/** An error as both of OpenAI's interfaces word it. */
export function openaiError(error: FaultError): ReturnType<Wire['error']> {
  const [status, type, code, message] = words[error.failure];
  return {
    status: error.status ?? status,
    headers: error.retryAfterMs === undefined ? {} : { 'retry-after-ms': String(error.retryAfterMs), 'retry-after': String(Math.ceil(error.retryAfterMs / 1_000)) },
    body: { error: { message: error.message ?? message, type, param: null, code, ...error.fields } },
  };
}

/** The state of the buckets as both of OpenAI's interfaces tell it. */
export function openaiLimitHeaders(buckets: Parameters<Wire['limitHeaders']>[0]): { readonly [name: string]: string } {
  return Object.fromEntries(Object.entries(buckets).flatMap(([name, { size, remaining, resetMs }]) => [
    [`x-ratelimit-limit-${name}`, String(size)],
    [`x-ratelimit-remaining-${name}`, String(remaining)],
    [`x-ratelimit-reset-${name}`, duration(resetMs)],
  ]));
}

/** As in `6m0.5s` and `120ms`. */
function duration(ms: number): string {
  if (ms < 1_000) return `${ms}ms`;
  const minutes = Math.floor(ms / 60_000);
  return `${minutes === 0 ? '' : `${minutes}m`}${(ms % 60_000) / 1_000}s`;
}
