import { ModelError } from './model-error.ts';
import type { Attempt } from './receipt.ts';

/** The last failure of a call, with every attempt of the call in its receipt and, when there were several, in its message. */
export function failedCall(key: string, attempts: readonly Attempt[], last: ModelError): ModelError {
  const failures = attempts.flatMap((attempt) => (attempt.failure === undefined ? [] : [`${attempt.model}: ${attempt.failure.kind}: ${attempt.failure.message}`]));
  const message = failures.length < 2 ? last.message : `${failures.length} attempts failed. ${failures.map((failure, index) => `(${index + 1}) ${failure}`).join(' ')}`;
  const retryTimes = attempts.flatMap((attempt) => attempt.failure?.retryAt ?? []);
  const retryAt = last.retryAt ?? (retryTimes.length > 0 ? Math.min(...retryTimes) : undefined);
  return new ModelError(last.code, {
    message,
    retryable: last.retryable,
    receipt: { key, attempts },
    cause: last.cause,
    ...(last.failure === undefined ? {} : { failure: last.failure }),
    ...(retryAt === undefined ? {} : { retryAt }),
    ...(last.status === undefined ? {} : { status: last.status }),
    ...(last.partial === undefined ? {} : { partial: last.partial }),
  });
}
