import { systemClock } from './clock.ts';
import type { Clock } from './clock.ts';
import { failedCall } from './failed-call.ts';
import { isModelError } from './is-model-error.ts';
import type { Model, ModelRequest } from './model.ts';
import { isContent, modelFromRun, runOf } from './model-from-run.ts';
import type { Deliver, KeyedCall } from './model-from-run.ts';
import type { FailureKind } from './model-error.ts';
import { notify } from './notify.ts';
import type { Attempt } from './receipt.ts';
import { refuse } from './refuse.ts';

/** The keys of one provider: those that were refused rest, for every model behind them. */
export interface KeyRing {
  readonly count: number;
  /** The keys that may be used now, and when the first of the others may. */
  usable(now: number): { readonly keys: readonly number[]; readonly next: number; readonly because: FailureKind };
  rest(key: number, until: number, because: FailureKind): void;
}

const restMs = 3_600_000;
const limitedMs = 1_000;

export function createKeyRing(count: number): KeyRing {
  const resting = new Map<number, { readonly until: number; readonly because: FailureKind }>();
  return {
    count,
    usable(now) {
      const isUsable = (key: number): boolean => (resting.get(key)?.until ?? 0) <= now;
      const [soonest] = [...resting.values()].sort((left, right) => left.until - right.until);
      return { keys: Array.from({ length: count }, (_, key) => key).filter(isUsable), next: soonest?.until ?? now, because: soonest?.because ?? 'auth' };
    },
    rest: (key, until, because) => void resting.set(key, { until, because }),
  };
}

/**
 * Goes on with the next key when one is refused, out of quota or rate limited, as long as no content was delivered. A
 * key that is refused or out of quota rests for an hour, one that is rate limited until the time its service named.
 */
export function withKeys(model: Model, ring: KeyRing, options: { readonly clock?: Clock } = {}): Model {
  return modelFromRun(model, (request, call, deliver) => tryKeys(model, ring, options.clock ?? systemClock, request, call, deliver));
}

async function tryKeys(model: Model, ring: KeyRing, clock: Clock, request: ModelRequest, call: KeyedCall, deliver: Deliver): Promise<void> {
  const attempts: Attempt[] = [];
  const onAttempt = (attempt: Attempt): void => {
    attempts.push(attempt);
    notify(call.onAttempt, attempt);
  };
  const { keys, next, because } = ring.usable(clock.now());
  if (keys.length === 0) {
    const message = `None of the ${ring.count} keys for ${model.id} can be used before ${new Date(next).toISOString()}: the last was refused (${because}).`;
    throw refuse(call, { model: model.id, now: clock.now() }, { kind: because, message, retryAt: next });
  }
  for (const [index, keyIndex] of keys.entries()) {
    let delivered = false;
    try {
      await runOf(model)(request, { ...call, keyIndex, attempt: (call.attempt ?? 1) + attempts.length, onAttempt }, (event) => {
        delivered ||= isContent(event);
        return deliver(event);
      });
      return;
    } catch (error) {
      if (!isModelError(error) || error.failure === undefined) throw error;
      const now = clock.now();
      const wasSent = attempts.at(-1)?.sent !== false;
      const isOfKey = wasSent && ['auth', 'quota', 'rate-limit'].includes(error.failure);
      if (isOfKey) ring.rest(keyIndex, error.failure === 'rate-limit' ? (error.retryAt ?? now + limitedMs) : now + restMs, error.failure);
      if (delivered || !isOfKey || index === keys.length - 1) throw failedCall(call.key, attempts, error);
    }
  }
}
