import { failedWith } from '../failed-with.ts';
import type { ModelCall } from '../model.ts';
import type { Usage } from '../usage.ts';
import type { Answer } from '../wire/answer.ts';
import { eventAs } from '../wire/classify.ts';
import type { FailureContext } from '../wire/classify.ts';
import { countField, fieldsOf, textField } from '../wire/json-fields.ts';
import type { Fields } from '../wire/json-fields.ts';
import { createToolCalls } from '../wire/tool-calls.ts';

/** The events of one response as ours. */
export function createResponsesAnswer(call: ModelCall, context: FailureContext): Answer {
  const toolCalls = createToolCalls(context.id, call.key);
  let started = false;
  let heard = false;
  let final: Fields | undefined;
  let refusal = '';
  return {
    isFinished: () => final !== undefined,
    isOver: () => final !== undefined,
    *read(chunk) {
      const event = fieldsOf(chunk);
      const type = textField(event, 'type');
      if (type === '' && Boolean(event['error'])) throw eventAs(event, context);
      if (type === '') throw failedWith('protocol', `${context.id} sent something that is no event of a response.`);
      heard = true;
      const response = fieldsOf(event['response']);
      if (type === 'error') throw eventAs(event, context);
      if (type === 'response.failed') throw eventAs({ error: response['error'] ?? {} }, context);
      if (!started && type !== 'response.queued' && type.startsWith('response.')) {
        started = true;
        yield { type: 'start', model: textField(response, 'model') || call.model, attempt: call.attempt };
      }
      const delta = textField(event, 'delta');
      const item = fieldsOf(event['item']);
      switch (type) {
        case 'response.output_text.delta':
          yield { type: 'text', delta };
          return;
        case 'response.reasoning_summary_text.delta':
        case 'response.reasoning_text.delta':
          yield { type: 'reasoning', delta };
          return;
        case 'response.reasoning_summary_part.added':
          if (event['summary_index'] !== 0) yield { type: 'reasoning', delta: '\n\n' };
          return;
        case 'response.refusal.delta':
          refusal += delta;
          return;
        case 'response.output_item.done':
          if (item['type'] === 'function_call') toolCalls.add({ id: textField(item, 'call_id'), name: textField(item, 'name'), arguments: textField(item, 'arguments'), index: countField(event, 'output_index') });
          if (item['type'] === 'reasoning' && typeof item['encrypted_content'] === 'string') {
            yield { type: 'signature', opaque: { id: textField(item, 'id'), encrypted: item['encrypted_content'] } };
          }
          return;
        case 'response.completed':
        case 'response.incomplete':
          final = response;
          return;
      }
    },
    *end() {
      if (!heard) throw failedWith('protocol', `${context.id} answered without a single event. Check the baseURL.`);
      if (final === undefined) throw failedWith('truncated', `The answer of ${context.id} ended before it was finished.`);
      const usage = normalize(fieldsOf(final['usage']));
      if (usage !== undefined) yield { type: 'usage', usage };
      if (refusal !== '') throw failedWith('policy', context.redact(`${context.id} refused: ${refusal.slice(0, 500)}`));
      const reason = textField(fieldsOf(final['incomplete_details']), 'reason');
      if (reason === 'content_filter') throw failedWith('policy', `${context.id} stopped its answer by its content filter.`);
      const calls = toolCalls.complete(reason !== '');
      yield* calls;
      const complete = calls.length > 0 ? 'tool-calls' : 'stop';
      yield { type: 'finish', reason: reason === '' ? complete : reason === 'max_output_tokens' ? 'length' : 'other', raw: reason || textField(final, 'status') };
    },
  };
}

function normalize(usage: Fields): Usage | undefined {
  const input = fieldsOf(usage['input_tokens_details']);
  const inputTokens = countField(usage, 'input_tokens');
  const outputTokens = countField(usage, 'output_tokens');
  if (inputTokens === undefined || outputTokens === undefined) return undefined;
  return {
    inputTokens,
    outputTokens,
    cacheReadTokens: countField(input, 'cached_tokens') ?? 0,
    cacheWriteTokens: countField(input, 'cache_write_tokens') ?? 0,
    reasoningTokens: countField(fieldsOf(usage['output_tokens_details']), 'reasoning_tokens') ?? 0,
    estimated: false,
    costNanoUsd: 'unknown',
  };
}
