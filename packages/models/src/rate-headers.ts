import type { ModelLimits } from './registry-config.ts';

/** What the headers of an answer say about limits. */
export interface RateHeaders {
  readonly limits: { readonly [Name in LearnedName]?: number };
  readonly remaining: { readonly [Name in LearnedName]?: number };
}

export type LearnedName = keyof Pick<ModelLimits, 'requestsPerMinute' | 'tokensPerMinute' | 'inputTokensPerMinute' | 'outputTokensPerMinute'>;

/** Limits that a service named: the figure, and the most it ever said was left. */
export type Learned = Map<LearnedName, { readonly perMinute: number; readonly mostLeft: number }>;

const dialects: readonly (readonly [LearnedName, limit: string, remaining: string])[] = [
  ['requestsPerMinute', 'x-ratelimit-limit-requests', 'x-ratelimit-remaining-requests'],
  ['tokensPerMinute', 'x-ratelimit-limit-tokens', 'x-ratelimit-remaining-tokens'],
  ['requestsPerMinute', 'anthropic-ratelimit-requests-limit', 'anthropic-ratelimit-requests-remaining'],
  ['tokensPerMinute', 'anthropic-ratelimit-tokens-limit', 'anthropic-ratelimit-tokens-remaining'],
  ['inputTokensPerMinute', 'anthropic-ratelimit-input-tokens-limit', 'anthropic-ratelimit-input-tokens-remaining'],
  ['outputTokensPerMinute', 'anthropic-ratelimit-output-tokens-limit', 'anthropic-ratelimit-output-tokens-remaining'],
];

/** Reads the dialects of the services. What is no sensible number is left out; undefined where nothing is said. */
export function readRateHeaders(headers: { readonly [name: string]: string }): RateHeaders | undefined {
  let isSaid = false;
  const limits: { [Name in LearnedName]?: number } = {};
  const remaining: { [Name in LearnedName]?: number } = {};
  for (const [name, limitHeader, remainingHeader] of dialects) {
    const [limitText, leftText] = [headers[limitHeader], headers[remainingHeader]];
    if (limitText === undefined && leftText === undefined) continue;
    isSaid = true;
    const [limit, left] = [numberIn(limitText), numberIn(leftText)];
    if (limit !== undefined && limit > 0) limits[name] = limit;
    if (left !== undefined) remaining[name] = left;
  }
  return isSaid ? { limits, remaining } : undefined;
}

function numberIn(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}(\.\d+)?$/.test(text.trim()) ? Number(text) : undefined;
}
