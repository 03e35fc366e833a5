import type { ModelRequest } from './model.ts';

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

function rawTokens(request: ModelRequest): number {
  let tokens = 4;
  for (const message of request.messages) {
    tokens += 4;
    if (typeof message.content === 'string') tokens += tokensOf(message.content);
    else for (const part of message.content) {
      if (part.type === 'image' || part.type === 'file') tokens += mediaTokens;
      else tokens += tokensOf(part.type === 'text' ? part.text : JSON.stringify(part));
    }
  }
  if (request.tools !== undefined) tokens += tokensOf(JSON.stringify(request.tools));
  if (request.output !== undefined) tokens += tokensOf(JSON.stringify(request.output));
  return Math.ceil(tokens);
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
