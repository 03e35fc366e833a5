import { failedWith } from '../failed-with.ts';
import type { FinishReason, ModelCall } from '../model.ts';
import type { Usage } from '../usage.ts';
import type { Answer } from '../wire/answer.ts';
import type { FailureContext } from '../wire/classify.ts';
import { createToolCalls } from '../wire/tool-calls.ts';
import { parseChunk } from './chat-chunk.ts';
import type { ChunkUsage } from './chat-chunk.ts';

const finishReasons: { readonly [raw: string]: FinishReason | undefined } = {
  stop: 'stop',
  length: 'length',
  tool_calls: 'tool-calls',
  function_call: 'tool-calls',
};

/** The chunks of one completion as events. */
export function createChatAnswer(call: ModelCall, { id, redact }: FailureContext): Answer {
  const toolCalls = createToolCalls(id, call.key);
  let started = false;
  let finish: string | undefined;
  let refusal = '';
  let usage: Usage | undefined;
  return {
    isFinished: () => finish !== undefined,
    // The SDK ends with the service's last word.
    isOver: () => false,
    *read(chunk) {
      const parsed = parseChunk(chunk);
      if (parsed === undefined) throw failedWith('protocol', `${id} sent something that is no piece of a chat completion.`);
      const { model, choices } = parsed;
      if (!started) {
        started = true;
        yield { type: 'start', model: model || call.model, attempt: call.attempt };
      }
      if (parsed.usage) usage = normalize(parsed.usage);
      const choice = choices?.[0];
      const reasoning = choice?.delta?.reasoning_content ?? choice?.delta?.reasoning;
      if (reasoning) yield { type: 'reasoning', delta: reasoning };
      if (choice?.delta?.content) yield { type: 'text', delta: choice.delta.content };
      for (const delta of choice?.delta?.tool_calls ?? []) {
        toolCalls.add({ index: delta.index, id: delta.id, name: delta.function?.name, arguments: delta.function?.arguments });
      }
      refusal += choice?.delta?.refusal ?? '';
      finish = choice?.finish_reason || finish;
    },
    *end() {
      if (!started) throw failedWith('protocol', `${id} answered without a single event. Check the baseURL.`);
      if (usage !== undefined) yield { type: 'usage', usage };
      if (refusal !== '') throw failedWith('policy', redact(`${id} refused: ${refusal.slice(0, 500)}`));
      if (finish === undefined) throw failedWith('truncated', `The answer of ${id} ended before it was finished.`);
      if (finish === 'content_filter') throw failedWith('policy', `${id} stopped its answer by its content filter.`);
      yield* toolCalls.complete(finish === 'length');
      yield { type: 'finish', reason: finishReasons[finish] ?? 'other', raw: finish };
    },
  };
}

function normalize(usage: ChunkUsage): Usage {
  return {
    inputTokens: usage.prompt_tokens,
    outputTokens: usage.completion_tokens,
    cacheReadTokens: usage.prompt_tokens_details?.cached_tokens ?? 0,
    cacheWriteTokens: usage.prompt_tokens_details?.cache_write_tokens ?? 0,
    reasoningTokens: usage.completion_tokens_details?.reasoning_tokens ?? 0,
    estimated: false,
    costNanoUsd: 'unknown',
  };
}
