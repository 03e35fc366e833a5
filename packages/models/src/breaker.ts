import { aDuration, anything, checkConfig, objectOf, which } from './check.ts';
import { systemClock } from './clock.ts';
import type { Clock } from './clock.ts';
import type { Model, ModelRequest } from './model.ts';
import { modelFromRun, runOf } from './model-from-run.ts';
import type { Deliver, KeyedCall } from './model-from-run.ts';
import type { FailureKind } from './model-error.ts';
import { notify } from './notify.ts';
import type { Attempt } from './receipt.ts';
import { refuse } from './refuse.ts';

export interface BreakerOptions {
  /** Opens when failures weigh this much within a minute, and at least half of all attempts. Default 5. */
  readonly failures?: number;
  /** How long it stays open the first time; twice as long after each failed probe, at most 5 minutes. Default 15 s. */
  readonly openMs?: number;
  readonly clock?: Clock;
  readonly onChange?: (event: BreakerEvent) => void;
}

/** A breaker changed its state. */
export interface BreakerEvent {
  readonly model: string;
  readonly state: 'open' | 'half-open' | 'closed';
  /** Until when it stays open, in epoch milliseconds. */
  readonly until?: number;
}

const windowMs = 60_000;
const longestOpenMs = 300_000;
const maxSamples = 100;

/** Failures of the service itself. The others say nothing about its health, or have a remedy of their own. */
const weights: { readonly [Kind in FailureKind]?: number } = { overloaded: 0.5, server: 1, network: 1, truncated: 1, protocol: 1 };

const optionsCheck = objectOf({ failures: which((value) => Number.isFinite(value) && (value as number) > 0, 'must be a number above 0'), openMs: aDuration, clock: anything, onChange: anything });

/**
 * Stops asking a model whose service keeps failing. While it is open calls fail at once, without a request, with the
 * time to come back; then one call is let through, and its outcome decides for all.
 */
export function withBreaker(model: Model, options: BreakerOptions = {}): Model {
  checkConfig(optionsCheck, options, 'The options of a breaker');
  const breaker = createBreaker(model.id, { failures: options.failures ?? 5, openMs: options.openMs ?? 15_000, clock: options.clock ?? systemClock, onChange: options.onChange });
  return modelFromRun(model, (request, call, deliver) => guarded(model, breaker, request, call, deliver));
}

function guarded(model: Model, breaker: Breaker, request: ModelRequest, call: KeyedCall, deliver: Deliver): Promise<void> {
  const passage = breaker.enter();
  if (passage.status === 'closed-off') {
    const message = `${model.id} failed too often lately and is not asked before ${new Date(passage.until).toISOString()}.`;
    return Promise.reject(refuse(call, { model: model.id, now: passage.now }, { kind: 'overloaded', message, retryAt: passage.until }));
  }
  const onAttempt = (attempt: Attempt): void => {
    breaker.note(attempt, passage.isProbe);
    notify(call.onAttempt, attempt);
  };
  const running = runOf(model)(request, { ...call, onAttempt }, deliver);
  return passage.isProbe ? running.finally(() => breaker.leave()) : running;
}

interface Breaker {
  enter(): { readonly status: 'open-for-you'; readonly isProbe: boolean } | { readonly status: 'closed-off'; readonly until: number; readonly now: number };
  note(attempt: Attempt, isProbe: boolean): void;
  /** The probe is over. */
  leave(): void;
}

function createBreaker(model: string, { failures, openMs, clock, onChange }: { readonly failures: number; readonly openMs: number; readonly clock: Clock; readonly onChange: BreakerOptions['onChange'] }): Breaker {
  let samples: { readonly at: number; readonly weight: number }[] = [];
  let openUntil: number | undefined;
  let nextOpenMs = openMs;
  let probing = false;

  const open = (now: number): void => {
    openUntil = now + nextOpenMs;
    nextOpenMs = Math.min(longestOpenMs, nextOpenMs * 2);
    samples = [];
    notify(onChange, { model, state: 'open', until: openUntil });
  };

  return {
    enter() {
      const now = clock.now();
      if (openUntil === undefined) return { status: 'open-for-you', isProbe: false };
      // A clock that was set back must not keep it open for longer than it ever stays open.
      if (openUntil - now > longestOpenMs) openUntil = now;
      if (now < openUntil) return { status: 'closed-off', until: openUntil, now };
      if (probing) return { status: 'closed-off', until: now + 1_000, now };
      probing = true;
      notify(onChange, { model, state: 'half-open' });
      return { status: 'open-for-you', isProbe: true };
    },
    note(attempt, isProbe) {
      const weight = attempt.failure === undefined ? 0 : weights[attempt.failure.kind];
      if (weight === undefined || attempt.sent === false) return;
      const now = clock.now();
      if (openUntil !== undefined) {
        if (!isProbe) return;
        if (weight > 0) return open(now);
        openUntil = undefined;
        nextOpenMs = openMs;
        return notify(onChange, { model, state: 'closed' });
      }
      samples.push({ at: now, weight });
      if (samples.length > maxSamples) samples.shift();
      // Only a failure can open it.
      if (weight === 0) return;
      samples = samples.filter(({ at }) => Math.abs(now - at) < windowMs);
      const failed = samples.reduce((sum, sample) => sum + sample.weight, 0);
      const attempts = samples.reduce((sum, sample) => sum + (sample.weight === 0 ? 1 : sample.weight), 0);
      if (failed >= failures && failed * 2 >= attempts) open(now);
    },
    leave() {
      probing = false;
    },
  };
}
