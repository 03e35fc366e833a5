import { failedWith } from '../failed-with.ts';
import type { FinishReason, ModelCall } from '../model.ts';
import type { Usage } from '../usage.ts';
import type { Answer } from '../wire/answer.ts';
import { eventAs } from '../wire/classify.ts';
import type { FailureContext } from '../wire/classify.ts';
import { countField, fieldsOf, listField, textField } from '../wire/json-fields.ts';
import type { Fields } from '../wire/json-fields.ts';
import { createToolCalls } from '../wire/tool-calls.ts';

const finishReasons: { readonly [raw: string]: FinishReason | undefined } = {
  stop: 'stop',
  length: 'length',
  tool_calls: 'tool-calls',
  function_call: 'tool-calls',
};

/** The chunks of one completion as events. Servers differ: everything may be missing, and what is unknown is ignored. */
export function createChatAnswer(call: ModelCall, context: FailureContext): Answer {
  const { id, redact } = context;
  const toolCalls = createToolCalls(id, call.key);
  let started = false;
  let finish = '';
  let refusal = '';
  let usage: Usage | undefined;
  return {
    isFinished: () => finish !== '',
    // The stream ends with the service's last word.
    isOver: () => false,
    *read(chunk) {
      const event = fieldsOf(chunk);
      const choices = event['choices'] ?? [];
      if (Boolean(event['error'])) throw eventAs(event, context);
      if (typeof chunk !== 'object' || chunk === null || !Array.isArray(choices)) throw failedWith('protocol', `${id} sent something that is no piece of a chat completion.`);
      if (!started) {
        started = true;
        yield { type: 'start', model: textField(event, 'model') || call.model, attempt: call.attempt };
      }
      if (event['usage'] !== undefined) usage = normalize(fieldsOf(event['usage'])) ?? usage;
      const choice = fieldsOf(choices[0]);
      const delta = fieldsOf(choice['delta']);
      const reasoning = textField(delta, 'reasoning_content') || textField(delta, 'reasoning');
      if (reasoning !== '') yield { type: 'reasoning', delta: reasoning };
      const text = textField(delta, 'content');
      if (text !== '') yield { type: 'text', delta: text };
      for (const piece of listField(delta, 'tool_calls')) {
        const called = fieldsOf(piece['function']);
        toolCalls.add({ index: countField(piece, 'index'), id: textField(piece, 'id'), name: textField(called, 'name'), arguments: textField(called, 'arguments') });
      }
      refusal += textField(delta, 'refusal');
      finish = textField(choice, 'finish_reason') || finish;
    },
    *end() {
      if (!started) throw failedWith('protocol', `${id} answered without a single event. Check the baseURL.`);
      if (usage !== undefined) yield { type: 'usage', usage };
      if (refusal !== '') throw failedWith('policy', redact(`${id} refused: ${refusal.slice(0, 500)}`));
      if (finish === '') throw failedWith('truncated', `The answer of ${id} ended before it was finished.`);
      if (finish === 'content_filter') throw failedWith('policy', `${id} stopped its answer by its content filter.`);
      yield* toolCalls.complete(finish === 'length');
      yield { type: 'finish', reason: finishReasons[finish] ?? 'other', raw: finish };
    },
  };
}

/** A figure that makes no sense is no figure: the usage is counted instead. */
function normalize(usage: Fields): Usage | undefined {
  const prompt = fieldsOf(usage['prompt_tokens_details']);
  const inputTokens = countField(usage, 'prompt_tokens');
  const outputTokens = countField(usage, 'completion_tokens');
  if (inputTokens === undefined || outputTokens === undefined) return undefined;
  return {
    inputTokens,
    outputTokens,
    cacheReadTokens: countField(prompt, 'cached_tokens') ?? 0,
    cacheWriteTokens: countField(prompt, 'cache_write_tokens') ?? 0,
    reasoningTokens: countField(fieldsOf(usage['completion_tokens_details']), 'reasoning_tokens') ?? 0,
    estimated: false,
    costNanoUsd: 'unknown',
  };
}
