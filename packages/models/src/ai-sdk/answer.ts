import { failedWith } from '../failed-with.ts';
import type { Json } from '../json.ts';
import type { FinishReason, ModelCall } from '../model.ts';
import type { ModelError } from '../model-error.ts';
import type { Usage } from '../usage.ts';
import type { Answer } from '../wire/answer.ts';
import { eventAs, thrownAs } from '../wire/classify.ts';
import type { FailureContext } from '../wire/classify.ts';
import { countField, fieldsOf, textField } from '../wire/json-fields.ts';
import type { Fields } from '../wire/json-fields.ts';
import { createToolCalls } from '../wire/tool-calls.ts';
import { refusedCall } from './refused-call.ts';

const finishReasons: { readonly [word: string]: FinishReason | undefined } = { stop: 'stop', length: 'length', 'tool-calls': 'tool-calls' };

/** The stream parts of a language model of the AI SDK as events. */
export function createAiSdkAnswer(call: ModelCall, context: FailureContext, service: string): Answer {
  const toolCalls = createToolCalls(context.id, call.key);
  let calls = 0;
  let started = false;
  let finish: { readonly word: string; readonly raw: string } | undefined;
  let usage: Usage | undefined;
  return {
    isFinished: () => finish !== undefined,
    isOver: () => finish !== undefined,
    *read(chunk) {
      const part = fieldsOf(chunk);
      const type = textField(part, 'type');
      const metadata = part['providerMetadata'] as Json | undefined;
      if (type === 'error') throw errorPart(part['error'], context);
      if (!started && !['stream-start', 'raw', 'ping', ''].includes(type)) {
        started = true;
        yield { type: 'start', model: textField(part, 'modelId') || call.model, attempt: call.attempt };
      }
      switch (type) {
        case 'text-delta':
          yield { type: 'text', delta: textField(part, 'delta') };
          return;
        case 'reasoning-delta':
          if (textField(part, 'delta') !== '') yield { type: 'reasoning', delta: textField(part, 'delta') };
          if (metadata !== undefined) yield { type: 'signature', opaque: { metadata } };
          return;
        case 'reasoning-end':
          if (metadata !== undefined) yield { type: 'signature', opaque: { metadata } };
          return;
        case 'tool-call':
          if (part['providerExecuted'] === true) return;
          toolCalls.add({ index: calls, id: textField(part, 'toolCallId'), name: textField(part, 'toolName'), arguments: textField(part, 'input') });
          calls += 1;
          if (metadata !== undefined) yield { type: 'signature', opaque: { metadata, call: textField(part, 'toolCallId') } };
          return;
        case 'finish': {
          const reason = fieldsOf(part['finishReason']);
          const word = textField(part, 'finishReason') || textField(reason, 'unified');
          finish = { word, raw: textField(part, 'finishReason') || textField(reason, 'raw') };
          usage = normalize(fieldsOf(part['usage']), service, fieldsOf(metadata));
        }
      }
    },
    *end() {
      if (!started) throw failedWith('protocol', `${context.id} answered without a single event.`);
      if (usage !== undefined) yield { type: 'usage', usage };
      const { word = '', raw = '' } = finish ?? {};
      // The SDK makes up a finish when the service sent none.
      if (word === '' || word === 'unknown' || word === 'interrupted' || (word === 'other' && raw === '')) {
        throw failedWith('truncated', `The answer of ${context.id} ended before it was finished.`);
      }
      if (word === 'content-filter') throw failedWith('policy', `${context.id} refused, or stopped its answer by its content filter (${raw}).`);
      if (word === 'error') throw failedWith('server', `${context.id} stopped with an error (${raw}).`);
      yield* toolCalls.complete(word === 'length');
      yield { type: 'finish', reason: finishReasons[word] ?? 'other', raw: raw || word };
    },
  };
}

/** An SDK's error, an event of the service as it came, or only its words. */
function errorPart(error: unknown, context: FailureContext): ModelError {
  if (error instanceof Error) return refusedCall(error, context) ?? thrownAs(error, { answered: true, endedInEvent: false }, context);
  return eventAs(typeof error === 'string' ? { error: { message: error } } : error, context);
}

/** Version 2 has flat figures, and leaves to each service what they hold. */
function normalize(usage: Fields, service: string, metadata: Fields): Usage | undefined {
  const input = fieldsOf(usage['inputTokens']);
  const output = fieldsOf(usage['outputTokens']);
  const flat = countField(usage, 'inputTokens');
  const inputTokens = countField(input, 'total') ?? flat;
  const outputTokens = countField(output, 'total') ?? countField(usage, 'outputTokens');
  if (inputTokens === undefined || outputTokens === undefined) return undefined;
  const cacheReadTokens = countField(input, 'cacheRead') ?? countField(usage, 'cachedInputTokens') ?? 0;
  const cacheWriteTokens = countField(input, 'cacheWrite') ?? countField(fieldsOf(metadata['anthropic']), 'cacheCreationInputTokens') ?? 0;
  const cacheBeside = flat !== undefined && service.startsWith('anthropic') ? cacheReadTokens + cacheWriteTokens : 0;
  const thoughtsBeside = flat === undefined ? 0 : Math.max(0, (countField(usage, 'totalTokens') ?? 0) - inputTokens - outputTokens);
  return {
    inputTokens: inputTokens + cacheBeside,
    outputTokens: outputTokens + thoughtsBeside,
    cacheReadTokens,
    cacheWriteTokens,
    reasoningTokens: countField(output, 'reasoning') ?? countField(usage, 'reasoningTokens') ?? 0,
    estimated: false,
    costNanoUsd: 'unknown',
  };
}
