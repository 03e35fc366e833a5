import type { JsonObject } from '../json.ts';
import { parseJson } from '../parse-json.ts';
import type { FaultError, ServedUsage } from './answer.ts';
import { lastOf, halves, sentEvent, textIn } from './wire.ts';
import type { SettledContent, Wire } from './wire.ts';

/** Gemini's streamGenerateContent. */
export const googleWire: Wire = {
  basePath: '',
  accepts: (path) => path.includes(':streamGenerateContent'),
  keyOf: (headers) => String(headers['x-goog-api-key'] ?? ''),
  modelOf: (path) => decodeURIComponent(/models\/([^:?]+):/.exec(path)?.[1] ?? ''),
  lastText: (body) => textIn(lastOf(body['contents'])['parts']),
  events,
  unknownEvent: sentEvent({ somethingNew: true }),
  error,
  errorEvent: (what) => sentEvent(error(what).body),
  limitHeaders: () => ({}),
};

function events(content: SettledContent): readonly string[] {
  const chunk = (parts: readonly JsonObject[], more: JsonObject = {}, top: JsonObject = {}): string =>
    sentEvent({ candidates: [{ index: 0, ...(parts.length === 0 ? {} : { content: { role: 'model', parts } }), ...more }], modelVersion: content.model, responseId: 'r1', ...top });
  const finish = content.finish ?? 'stop';
  const usage = content.usage === undefined ? {} : { usageMetadata: googleUsage(content.usage) };
  if (content.refusal !== undefined) return [sentEvent({ promptFeedback: { blockReason: 'SAFETY', blockReasonMessage: content.refusal }, modelVersion: content.model, ...usage })];
  const calls = content.toolCalls.map((call, index) => {
    const parsed = parseJson(call.arguments);
    const args = 'value' in parsed ? { args: parsed.value } : { args: call.arguments };
    const signature = index === 0 && content.signature !== undefined ? { thoughtSignature: content.signature } : {};
    return { functionCall: { ...(call.id === '' ? {} : { id: call.id }), name: call.name, ...args }, ...signature };
  });
  const signature = content.signature !== undefined && calls.length === 0 ? [chunk([{ text: '', thoughtSignature: content.signature }])] : [];
  const reasons: { readonly [reason: string]: string } = { stop: 'STOP', length: 'MAX_TOKENS', 'tool-calls': 'STOP', 'content-filter': 'SAFETY', other: 'OTHER' };
  return [
    ...halves(content.reasoning ?? '').map((text) => chunk([{ text, thought: true }])),
    ...content.pieces.map((text) => chunk([{ text }])),
    ...signature,
    ...(calls.length === 0 ? [] : [chunk(calls)]),
    ...(finish === 'none' ? [] : [chunk([], { finishReason: reasons[finish] ?? finish }, usage)]),
  ];
}

function googleUsage(usage: Required<ServedUsage>): JsonObject {
  return {
    promptTokenCount: usage.inputTokens,
    cachedContentTokenCount: usage.cacheReadTokens,
    candidatesTokenCount: usage.outputTokens - usage.reasoningTokens,
    thoughtsTokenCount: usage.reasoningTokens,
    totalTokenCount: usage.inputTokens + usage.outputTokens,
  };
}

const quota = (quotaId: string): JsonObject => ({ '@type': 'type.googleapis.com/google.rpc.QuotaFailure', violations: [{ quotaId }] });
const words: { readonly [Failure in FaultError['failure']]: readonly [code: number, status: string, message: string, ...details: JsonObject[]] } = {
  'rate-limit': [429, 'RESOURCE_EXHAUSTED', 'You exceeded your current quota, please check your plan and billing details.', quota('GenerateRequestsPerMinutePerProjectPerModel-FreeTier')],
  quota: [429, 'RESOURCE_EXHAUSTED', 'You exceeded your current quota, please check your plan and billing details.', quota('GenerateRequestsPerDayPerProjectPerModel-FreeTier')],
  overloaded: [503, 'UNAVAILABLE', 'The model is overloaded. Please try again later.'],
  server: [500, 'INTERNAL', 'An internal error has occurred.'],
  context: [400, 'INVALID_ARGUMENT', 'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).'],
  auth: [400, 'INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.', { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID', domain: 'googleapis.com' }],
  'model-gone': [404, 'NOT_FOUND', 'models/gemini-0 is not found for API version v1beta.'],
  parameter: [400, 'INVALID_ARGUMENT', 'Invalid JSON payload received. Unknown name "thinkingLevel" at \'generation_config\': Cannot find field.'],
  invalid: [400, 'INVALID_ARGUMENT', 'Please ensure that the function call turn comes immediately after a user turn.'],
  policy: [400, 'INVALID_ARGUMENT', 'The prompt was blocked by the safety filters.'],
};

function error(what: FaultError): ReturnType<Wire['error']> {
  const [code, status, message, ...details] = words[what.failure];
  const retry = what.retryAfterMs === undefined ? [] : [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${what.retryAfterMs / 1_000}s` }];
  const all = [...details, ...retry];
  return {
    status: what.status ?? code,
    headers: {},
    body: { error: { code: what.status ?? code, message: what.message ?? message, status, ...(all.length === 0 ? {} : { details: all }), ...what.fields } },
  };
}
