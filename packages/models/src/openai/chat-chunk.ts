import { z } from 'zod';

/** What we read of a `chat.completion.chunk`; servers differ, so everything may be missing and the rest is ignored. */
export interface Chunk {
  readonly model?: string | null | undefined;
  readonly choices?: readonly {
    readonly delta?: Delta | null | undefined;
    readonly finish_reason?: string | null | undefined;
  }[] | null | undefined;
  readonly usage?: ChunkUsage | null | undefined;
}

interface Delta {
  readonly content?: string | null | undefined;
  readonly refusal?: string | null | undefined;
  readonly reasoning_content?: string | null | undefined;
  readonly reasoning?: string | null | undefined;
  readonly tool_calls?: readonly ToolCallDelta[] | null | undefined;
}

interface ToolCallDelta {
  readonly index?: number | null | undefined;
  readonly id?: string | null | undefined;
  readonly function?: { readonly name?: string | null | undefined; readonly arguments?: string | null | undefined } | null | undefined;
}

export interface ChunkUsage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly prompt_tokens_details?: { readonly cached_tokens?: number | null | undefined; readonly cache_write_tokens?: number | null | undefined } | null | undefined;
  readonly completion_tokens_details?: { readonly reasoning_tokens?: number | null | undefined } | null | undefined;
}

const text = z.string().nullish();
const count = z.number().int().nonnegative();
const toolCall = z.object({ index: count.nullish(), id: text, function: z.object({ name: text, arguments: text }).nullish() });
const usage = z.object({
  prompt_tokens: count,
  completion_tokens: count,
  prompt_tokens_details: z.object({ cached_tokens: count.nullish(), cache_write_tokens: count.nullish() }).nullish(),
  completion_tokens_details: z.object({ reasoning_tokens: count.nullish() }).nullish(),
});
const delta = z.object({
  content: text,
  refusal: text,
  reasoning_content: text,
  // Under this name some servers send an object.
  reasoning: text.catch(undefined),
  tool_calls: z.array(toolCall).nullish(),
});
const schema = z.object({
  model: text,
  choices: z.array(z.object({ delta: delta.nullish(), finish_reason: text })).nullish(),
  // A figure that makes no sense is no figure: the usage is counted instead.
  usage: usage.nullish().catch(undefined),
});

/** Undefined for something of another shape. */
export function parseChunk(value: unknown): Chunk | undefined {
  return schema.safeParse(value).data;
}
