import type { FailureKind } from '../model-error.ts';
import type { KnownFailure, SaidFailure } from '../wire/classify.ts';

/** What Anthropic means by what it says. */
export function kindOfFailure({ status, word, message }: SaidFailure): KnownFailure {
  const is = (kind: FailureKind, hint = ''): KnownFailure => ({ kind, hint });
  if (status === 402 || /billing_error|spend_limit/.test(word) || /credit balance|spend limit|usage limits/i.test(message)) return is('quota');
  if (/prompt is too long|context (window|limit|length)|exceed.* context/i.test(message)) return is('context');
  if (status === 429 || /rate_limit/.test(word)) return is('rate-limit');
  if (status === 401 || status === 403 || /authentication_error|permission_error/.test(word)) return is('auth');
  if (status === 404 || /not_found_error/.test(word)) return is('model-gone', ' Check the name of the model and the baseURL.');
  if (/content filtering policy|usage policy/i.test(message)) return is('policy');
  if (status === 529 || status === 503 || /overloaded/.test(word)) return is('overloaded');
  if (status !== undefined && status >= 300 && status < 400) return is('invalid', ' It redirects: give its final address as baseURL.');
  const turnedAway = (status !== undefined && status >= 400 && status < 500 && status !== 408 && status !== 409) || /invalid_request_error|request_too_large/.test(word);
  if (!turnedAway) return is('server');
  const parameter = /extra inputs are not permitted|(is|are) (not supported|deprecated)|does not support|cannot both be specified/i.test(message);
  return is(parameter ? 'parameter' : 'invalid');
}
