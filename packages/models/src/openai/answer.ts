import { failedWith } from '../failed-with.ts';
import type { FinishReason, ModelCall, ModelEvent } from '../model.ts';
import type { Usage } from '../usage.ts';
import { parseChunk } from './chunk.ts';
import type { ChunkUsage } from './chunk.ts';
import { createToolCalls } from './tool-calls.ts';

/** Turns the chunks of one completion into events. */
export interface Answer {
  isStarted(): boolean;
  isFinished(): boolean;
  /** @throws ModelError FW_MODEL_PROTOCOL for a chunk of another shape. */
  read(chunk: unknown): Generator<ModelEvent, void, undefined>;
  /** What is only known at the end. @throws ModelError for an answer without a finish, a refusal, or a broken tool call. */
  end(): Generator<ModelEvent, void, undefined>;
}

const finishReasons: { readonly [raw: string]: FinishReason | undefined } = {
  stop: 'stop',
  length: 'length',
  tool_calls: 'tool-calls',
  function_call: 'tool-calls',
  content_filter: 'content-filter',
};

export function createAnswer(id: string, call: Pick<ModelCall, 'model' | 'key' | 'attempt'>): Answer {
  const toolCalls = createToolCalls(id, call.key);
  let started = false;
  let finish: string | undefined;
  let refusal = '';
  let usage: Usage | undefined;
  return {
    isStarted: () => started,
    isFinished: () => finish !== undefined,
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
      for (const delta of choice?.delta?.tool_calls ?? []) toolCalls.add(delta);
      refusal += choice?.delta?.refusal ?? '';
      finish = choice?.finish_reason || finish;
    },
    *end() {
      if (!started) throw failedWith('protocol', `${id} answered without a single event. Check the baseURL.`);
      if (usage !== undefined) yield { type: 'usage', usage };
      if (refusal !== '') throw failedWith('policy', `${id} refused: ${refusal.slice(0, 500)}`);
      if (finish === undefined) throw failedWith('truncated', `The answer of ${id} ended before it was finished.`);
      yield* toolCalls.complete(finish === 'length' || finish === 'content_filter');
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
