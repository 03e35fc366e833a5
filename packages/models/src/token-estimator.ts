import type { Message, ModelRequest } from './model.ts';

/** Guesses what a request will count, cheaply, and learns from what it did count. */
export interface TokenEstimator {
  estimate(request: ModelRequest): TokenEstimate;
  learn(estimate: TokenEstimate, actual: { readonly inputTokens: number; readonly outputTokens: number }): void;
}

export interface TokenEstimate {
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Before what was learned. */
  readonly rawInputTokens: number;
}

const firstOutputGuess = 500;
const learningRate = 0.2;
const margin = 1.05;
const mediaTokens = 1_000;
/** Longer text is judged by its beginning: the cost of a look must not grow with a hostile prompt. */
const maxLooked = 20_000;

/** One estimator for one model. */
export function createTokenEstimator(): TokenEstimator {
  let ratio = 1;
  let usualOutput = firstOutputGuess;
  return {
    estimate(request) {
      const rawInputTokens = rawTokens(request);
      const inputTokens = Math.ceil(rawInputTokens * ratio * margin);
      return { rawInputTokens, inputTokens, outputTokens: Math.ceil(Math.min(request.maxOutputTokens ?? Infinity, usualOutput * margin)) };
    },
    learn(estimate, actual) {
      const seen = actual.inputTokens / Math.max(1, estimate.rawInputTokens);
      // Too low costs a refusal, too high only time: it goes up at once and comes down slowly.
      ratio = Math.min(20, seen > ratio ? seen : ratio + learningRate * (seen - ratio));
      usualOutput += learningRate * (actual.outputTokens - usualOutput);
    },
  };
}

/**
 * Conversations are sent again and again, a little longer each time. A message that is changed meanwhile is guessed as
 * it was: what is learned from the answer sets that right.
 */
const guessed = new WeakMap<object, number>();

function rawTokens(request: ModelRequest): number {
  let tokens = 4;
  for (const message of request.messages) tokens += known(message, tokensOfMessage);
  if (request.tools !== undefined) for (const tool of request.tools) tokens += known(tool, tokensOfJson);
  if (request.output !== undefined) tokens += tokensOfJson(request.output);
  return Math.ceil(tokens);
}

function known<Value extends object>(value: Value, count: (value: Value) => number): number {
  let tokens = guessed.get(value);
  if (tokens === undefined) guessed.set(value, (tokens = count(value)));
  return tokens;
}

function tokensOfMessage({ content }: Message): number {
  if (typeof content === 'string') return 4 + tokensOf(content);
  let tokens = 4;
  for (const part of content) tokens += part.type === 'image' || part.type === 'file' ? mediaTokens : part.type === 'text' ? tokensOf(part.text) : tokensOfJson(part);
  return tokens;
}

function tokensOfJson(value: object): number {
  return tokensOf(JSON.stringify(value));
}

function tokensOf(text: string): number {
  const looked = Math.min(text.length, maxLooked);
  let tokens = 0;
  for (let index = 0; index < looked; index += 1) tokens += tokensOfCharacter(text.charCodeAt(index));
  return looked === 0 ? 0 : (tokens * text.length) / looked;
}

/** By class of character: letters come in words, signs and digits mostly alone, other scripts in pieces. */
function tokensOfCharacter(code: number): number {
  if (code === 32) return 0.05;
  if ((code >= 97 && code <= 122) || (code >= 65 && code <= 90)) return 0.23;
  if (code < 128) return 0.4;
  return code < 0x2e80 ? 0.5 : 1;
}
