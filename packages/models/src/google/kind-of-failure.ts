import type { FailureKind } from '../model-error.ts';
import type { KnownFailure, SaidFailure } from '../wire/classify.ts';
import { listField, textField } from '../wire/json-fields.ts';
import type { Fields } from '../wire/json-fields.ts';

/** What Google means by what it says. */
export function kindOfFailure(said: SaidFailure): KnownFailure {
  const { status, word, message, details } = said;
  const retryAfterMs = retryDelay(details);
  const is = (kind: FailureKind, hint = ''): KnownFailure => ({ kind, hint, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
  if (status === 402 || isUsedUp(said)) return is('quota');
  if (status === 429 || /resource_exhausted/.test(word)) return is('rate-limit');
  if (details.some((detail) => textField(detail, 'reason') === 'API_KEY_INVALID') || /api key (not valid|expired|not found)/i.test(message)) return is('auth');
  if (status === 401 || status === 403 || /permission_denied|unauthenticated/.test(word)) return is('auth');
  if (status === 404 || /not_found/.test(word)) return is('model-gone', ' Check the name of the model and the baseURL.');
  if (/token count .*exceeds|exceeds the maximum number of tokens/i.test(message)) return is('context');
  if (/blocked by the safety|safety filters|prohibited/i.test(message)) return is('policy');
  if (status === 503 || status === 529 || /unavailable/.test(word)) return is('overloaded');
  if (status !== undefined && status >= 300 && status < 400) return is('invalid', ' It redirects: give its final address as baseURL.');
  const turnedAway = (status !== undefined && status >= 400 && status < 500 && status !== 408 && status !== 409 && status !== 499) || /invalid_argument|failed_precondition/.test(word);
  if (!turnedAway) return is('server');
  return is(/unknown name|is not supported|not enabled for|unsupported/i.test(message) ? 'parameter' : 'invalid');
}

/** A limit of a day, or a bill that nobody pays, does not pass by waiting a little. */
function isUsedUp({ word, message, details }: SaidFailure): boolean {
  const violations = details.flatMap((detail) => listField(detail, 'violations'));
  return violations.some((violation) => /PerDay/i.test(textField(violation, 'quotaId'))) || (/failed_precondition/.test(word) && /billing/i.test(message));
}

function retryDelay(details: readonly Fields[]): number | undefined {
  const delay = details.map((detail) => textField(detail, 'retryDelay')).find((text) => text !== '');
  const seconds = /^(\d+(?:\.\d+)?)s$/.exec(delay ?? '')?.[1];
  return seconds === undefined ? undefined : Math.min(Number(seconds), 86_400) * 1_000;
}
