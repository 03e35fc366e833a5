import { randomUUID } from 'node:crypto';
import { failedWith } from './failed-with.ts';
import type { CallOptions } from './model.ts';
import type { FailureKind, ModelError } from './model-error.ts';
import { notify } from './notify.ts';
import type { Attempt } from './receipt.ts';
import { noUsage } from './usage.ts';

/** The error of an attempt that ends here, before anything is sent; the attempt is reported like any other. */
export function refuse(
  call: Pick<CallOptions, 'onAttempt'> & { readonly key: string },
  attempt: { readonly model: string; readonly now: number; readonly waitedMs?: number },
  failure: { readonly kind: FailureKind; readonly message: string; readonly retryAt?: number; readonly cause?: unknown },
): ModelError {
  const { cause, ...told } = failure;
  const { model, now, waitedMs } = attempt;
  const refused: Attempt = { id: randomUUID(), model, startedAt: now, durationMs: 0, usage: noUsage, sent: false, ...(waitedMs === undefined ? {} : { waitedMs }), failure: told };
  notify(call.onAttempt, refused);
  return failedWith(failure.kind, failure.message, {
    receipt: { key: call.key, attempts: [refused] },
    ...(failure.retryAt === undefined ? {} : { retryAt: failure.retryAt }),
    ...(cause === undefined ? {} : { cause }),
  });
}
