import { failedWith } from '../failed-with.ts';
import type { Json } from '../json.ts';
import type { FinishReason, ModelCall } from '../model.ts';
import type { ModelEvent } from '../model.ts';
import type { Usage } from '../usage.ts';
import type { Answer } from '../wire/answer.ts';
import { eventAs } from '../wire/classify.ts';
import type { FailureContext } from '../wire/classify.ts';
import { countField, fieldsOf, listField, textField } from '../wire/json-fields.ts';
import type { Fields } from '../wire/json-fields.ts';
import { createToolCalls } from '../wire/tool-calls.ts';
import { createCallId } from './call-id.ts';

const finishReasons: { readonly [raw: string]: FinishReason | undefined } = { STOP: 'stop', MAX_TOKENS: 'length' };
const refusals = new Set(['SAFETY', 'RECITATION', 'LANGUAGE', 'BLOCKLIST', 'PROHIBITED_CONTENT', 'SPII', 'IMAGE_SAFETY', 'MODEL_ARMOR']);
const brokenCalls = new Set(['MALFORMED_FUNCTION_CALL', 'UNEXPECTED_TOOL_CALL', 'TOO_MANY_TOOL_CALLS', 'MALFORMED_RESPONSE']);

/** The chunks of one generated content as events; the same for both of Google's SDKs. */
export function createGoogleAnswer(call: ModelCall, context: FailureContext): Answer {
  const toolCalls = createToolCalls(context.id, call.key);
  let calls = 0;
  let started = false;
  let finish = '';
  let blocked = '';
  let usage: Usage | undefined;

  function* readPart(part: Fields): Generator<ModelEvent, void, undefined> {
    const signature = textField(part, 'thoughtSignature');
    const text = textField(part, 'text');
    if (text !== '') yield { type: part['thought'] === true ? 'reasoning' : 'text', delta: text };
    if (typeof part['functionCall'] !== 'object' || part['functionCall'] === null) {
      if (signature !== '') yield { type: 'signature', opaque: { signature } };
      return;
    }
    const called = fieldsOf(part['functionCall']);
    const id = textField(called, 'id') || createCallId(call.key, calls);
    const args = (called['args'] ?? {}) as Json;
    toolCalls.add({ index: calls, id, name: textField(called, 'name'), arguments: typeof args === 'string' ? args : JSON.stringify(args) });
    calls += 1;
    if (signature !== '') yield { type: 'signature', opaque: { signature, call: id } };
  }

  return {
    isFinished: () => finish !== '' || blocked !== '',
    isOver: () => false,
    *read(chunk) {
      const event = fieldsOf(chunk);
      if (event['error'] !== undefined) throw eventAs(event, context);
      if (typeof chunk !== 'object' || chunk === null || Array.isArray(chunk)) throw failedWith('protocol', `${context.id} sent something that is no piece of generated content.`);
      const known = ['candidates', 'promptFeedback', 'usageMetadata', 'modelVersion'].some((name) => event[name] !== undefined);
      if (!known) return;
      if (!started) {
        started = true;
        yield { type: 'start', model: textField(event, 'modelVersion') || call.model, attempt: call.attempt };
      }
      usage = normalize(fieldsOf(event['usageMetadata'])) ?? usage;
      const feedback = fieldsOf(event['promptFeedback']);
      if (textField(feedback, 'blockReason') !== '') blocked = `the prompt was blocked (${textField(feedback, 'blockReason')}) ${textField(feedback, 'blockReasonMessage')}`;
      const candidate = listField(event, 'candidates')[0] ?? {};
      for (const part of listField(fieldsOf(candidate['content']), 'parts')) yield* readPart(part);
      finish = textField(candidate, 'finishReason') || finish;
      if (refusals.has(finish)) blocked = `the answer was stopped (${finish}) ${textField(candidate, 'finishMessage')}`;
    },
    *end() {
      if (!started) throw failedWith('protocol', `${context.id} answered without a single event. Check the baseURL.`);
      if (usage !== undefined) yield { type: 'usage', usage };
      if (blocked !== '') throw failedWith('policy', context.redact(`${context.id} refused: ${blocked.trim().slice(0, 500)}`));
      if (finish === '') throw failedWith('truncated', `The answer of ${context.id} ended before it was finished.`);
      if (brokenCalls.has(finish)) throw failedWith('malformed', `${context.id} called a tool in a way that cannot be read (${finish}).`);
      const complete = toolCalls.complete(finish === 'MAX_TOKENS');
      yield* complete;
      const reason = finishReasons[finish] ?? 'other';
      yield { type: 'finish', reason: complete.length > 0 && reason === 'stop' ? 'tool-calls' : reason, raw: finish };
    },
  };
}

/** Prompt tokens hold the cached ones, but not those that tools of the service put in; thoughts stand beside the answer. */
function normalize(usage: Fields): Usage | undefined {
  const prompt = countField(usage, 'promptTokenCount');
  if (prompt === undefined) return undefined;
  const reasoningTokens = countField(usage, 'thoughtsTokenCount') ?? 0;
  return {
    inputTokens: prompt + (countField(usage, 'toolUsePromptTokenCount') ?? 0),
    outputTokens: (countField(usage, 'candidatesTokenCount') ?? 0) + reasoningTokens,
    cacheReadTokens: countField(usage, 'cachedContentTokenCount') ?? 0,
    cacheWriteTokens: 0,
    reasoningTokens,
    estimated: false,
    costNanoUsd: 'unknown',
  };
}
