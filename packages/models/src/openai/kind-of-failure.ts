import type { FailureKind } from '../model-error.ts';
import type { KnownFailure, SaidFailure } from '../wire/classify.ts';

/** What OpenAI, and the servers that speak like it, mean by what they say. */
export function kindOfFailure({ status, word, message }: SaidFailure): KnownFailure {
  const is = (kind: FailureKind, hint = ''): KnownFailure => ({ kind, hint });
  if (/insufficient_quota|billing_hard_limit|billing_not_active/.test(word) || status === 402) return is('quota');
  if (/context_length|string_above_max_length|exceed_context_size/.test(word)) return is('context');
  if (status === 429 || /rate_limit/.test(word)) return is('rate-limit');
  if (status === 401 || status === 403 || /invalid_api_key|authentication/.test(word)) return is('auth');
  if (status === 404 || /model_not_found/.test(word)) return is('model-gone', ' Check the name of the model and the baseURL.');
  if (/content_policy|content_filter|safety|_policy\b|policy_violation/.test(word)) return is('policy');
  if (status === 503 || status === 529 || /overloaded/.test(word)) return is('overloaded');
  if (status !== undefined && status >= 300 && status < 400) return is('invalid', ' It redirects: give its final address as baseURL.');
  const turnedAway = (status !== undefined && status >= 400 && status < 500 && status !== 408 && status !== 409) || /invalid_(request|prompt)/.test(word);
  if (turnedAway) {
    if (/context (length|window|size)|maximum context|too many tokens|prompt is too long/i.test(message)) return is('context');
    return is(/unsupported|unknown_parameter|unrecognized/.test(word) || /unsupported (parameter|value)|unrecognized request argument/i.test(message) ? 'parameter' : 'invalid');
  }
  return is('server');
}
