import type { ModelCard } from './model-card.ts';
import type { ModelRequest, Part } from './model.ts';

/** What one image or file may count for where no card says it and no budget depends on it. */
const usualMediaTokens = 20_000;
const framingTokens = 64;
const messageTokens = 16;
/** Services put words of their own before the first tool. */
const toolsTokens = 1_024;
const toolTokens = 64;

/** No tokenizer makes more tokens than there are bytes, so the bytes of everything in a request bound its tokens. */
export function highestInputTokens(request: ModelRequest, card: ModelCard): { readonly tokens: number; /** Media is in it whose size no card bounds. */ readonly guessed: boolean } {
  let tokens = framingTokens;
  let media = 0;
  for (const message of request.messages) {
    tokens += messageTokens;
    if (typeof message.content === 'string') tokens += Buffer.byteLength(message.content);
    else for (const part of message.content) {
      if (part.type === 'image' || part.type === 'file') media += 1;
      else tokens += messageTokens + partBytes(part);
    }
  }
  if (request.tools !== undefined && request.tools.length > 0) tokens += toolsTokens + request.tools.length * toolTokens + bytesOf(request.tools);
  if (request.output !== undefined) tokens += toolsTokens + bytesOf(request.output);
  if (request.providerOptions !== undefined) tokens += bytesOf(request.providerOptions);
  return { tokens: tokens + media * (card.maxMediaTokens ?? usualMediaTokens), guessed: media > 0 && card.maxMediaTokens === undefined };
}

const limitNames = new Set(['max_tokens', 'max_completion_tokens', 'max_output_tokens', 'maxOutputTokens', 'max_tokens_to_sample']);
const timesNames = new Set(['n', 'best_of', 'candidateCount', 'candidate_count']);
const deepest = 4;

/**
 * What options of a provider allow beside the request itself: a limit of output tokens that takes the place of its own,
 * and how many answers are made at once.
 */
export function outputByOptions(request: ModelRequest, provider: string): { readonly limit: number; readonly times: number } {
  let [limit, times] = [0, 1];
  const look = (value: unknown, depth: number): void => {
    if (typeof value !== 'object' || value === null || depth > deepest) return;
    for (const [name, inner] of Object.entries(value)) {
      if (typeof inner !== 'number') look(inner, depth + 1);
      else if (limitNames.has(name)) limit = Math.max(limit, inner);
      else if (timesNames.has(name)) times = Math.max(times, inner);
    }
  };
  look(request.providerOptions?.[provider], 0);
  return { limit, times };
}

function partBytes(part: Part): number {
  return part.type === 'text' ? Buffer.byteLength(part.text) : bytesOf(part);
}

function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
