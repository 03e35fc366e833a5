import { aDuration, anything, checkConfig, objectOf, recordOf, which } from './check.ts';
import { systemClock } from './clock.ts';
import type { Clock } from './clock.ts';
import { failedWith } from './failed-with.ts';
import { createLimiter } from './limiter.ts';
import { bucketDemands, usedOf } from './limit-buckets.ts';
import type { LimitSettlement, LimitStore } from './limit-store.ts';
import { memoryLimitStore } from './memory-limit-store.ts';
import type { CallScope, Model, ModelRequest } from './model.ts';
import { afterFinish, modelFromRun, runOf } from './model-from-run.ts';
import type { Deliver, KeyedCall } from './model-from-run.ts';
import { notify } from './notify.ts';
import { readRateHeaders } from './rate-headers.ts';
import type { Learned, LearnedName, RateHeaders } from './rate-headers.ts';
import type { Attempt } from './receipt.ts';
import { refuse } from './refuse.ts';
import { limitsCheck } from './registry-config.ts';
import type { ModelLimits } from './registry-config.ts';
import { createTokenEstimator } from './token-estimator.ts';

export interface RateLimitOptions {
  readonly limits?: ModelLimits;
  /** Default is one in memory, for this model alone. */
  readonly store?: LimitStore;
  /** Turns of an agent compared to those of others, by its name in the scope. Default 1. */
  readonly weights?: { readonly [agent: string]: number };
  /** Who has waited this long goes first, oldest first. Default 30 s. */
  readonly agingMs?: number;
  /** A request that would wait longer fails with FW_MODEL_RATE_LIMIT and `retryAt` instead. Default 10 min. */
  readonly maxWaitMs?: number;
  /** The same while the service itself asked for a pause. Default 20 s. */
  readonly maxBlockedMs?: number;
  readonly clock?: Clock;
  /** In [0, 1). */
  readonly random?: () => number;
  readonly onThrottled?: (event: ThrottledEvent) => void;
}

/** A request has to wait for its model, or is sent at a lower rate because the store of the limits failed. */
export interface ThrottledEvent {
  readonly key: string;
  readonly model: string;
  readonly scope: CallScope;
  /** The limit that is used up, `blocked` by the service, or `store`. */
  readonly reason: string;
  /** Epoch milliseconds before which it is not sent. */
  readonly until: number;
}

const optionsCheck = objectOf({
  limits: limitsCheck,
  weights: recordOf(() => true, '', which((value) => Number.isFinite(value) && (value as number) > 0, 'must be a number above 0')),
  agingMs: aDuration,
  maxWaitMs: aDuration,
  maxBlockedMs: aDuration,
  store: anything,
  clock: anything,
  random: anything,
  onThrottled: anything,
});
const defaultBlockMs = 1_000;

/**
 * Sends requests no faster than the limits allow: buckets that fill all the time, for requests and tokens, and slots.
 * A request takes everything it needs at once or waits in a fair queue; afterwards what it did not use flows back.
 * Rate limits that the service reports, in headers or as refusals, slow it down further, and never speed it up.
 */
export function withRateLimit(model: Model, options: RateLimitOptions = {}): Model {
  checkConfig(optionsCheck, options, 'The options of a rate limit');
  const limits: ModelLimits = options.limits ?? {};
  const settings: Settings = { limits, maxWaitMs: options.maxWaitMs ?? 600_000, maxBlockedMs: options.maxBlockedMs ?? 20_000, weights: options.weights ?? {}, clock: options.clock ?? systemClock, random: options.random ?? Math.random, onThrottled: options.onThrottled };
  const learned: Learned = new Map();
  const estimator = createTokenEstimator();
  const limiter = createLimiter({
    endpoint: model.id,
    store: options.store ?? memoryLimitStore(),
    clock: settings.clock,
    concurrency: limits.concurrency,
    agingMs: options.agingMs ?? 30_000,
    onDegraded: () => notify(options.onThrottled, { key: '', model: model.id, scope: {}, reason: 'store', until: settings.clock.now() }),
  });
  return modelFromRun(model, (request, call, deliver) => limited({ model, settings, learned, estimator, limiter }, request, call, deliver));
}

interface Settings {
  readonly limits: ModelLimits;
  readonly maxWaitMs: number;
  readonly maxBlockedMs: number;
  readonly weights: { readonly [agent: string]: number };
  readonly clock: Clock;
  readonly random: () => number;
  readonly onThrottled: ((event: ThrottledEvent) => void) | undefined;
}

interface Limited {
  readonly model: Model;
  readonly settings: Settings;
  readonly learned: Learned;
  readonly estimator: ReturnType<typeof createTokenEstimator>;
  readonly limiter: ReturnType<typeof createLimiter>;
}

async function limited({ model, settings, learned, estimator, limiter }: Limited, request: ModelRequest, call: KeyedCall, deliver: Deliver): Promise<void> {
  const { clock, limits } = settings;
  const scope = call.scope ?? {};
  const estimate = estimator.estimate(request);
  const admission = await limiter.admit({
    flow: JSON.stringify([scope.run, scope.agent]),
    weight: Math.max(0.01, settings.weights[scope.agent ?? ''] ?? 1),
    priority: call.priority ?? 0,
    cost: Math.min(1_000, 1 + (estimate.inputTokens + estimate.outputTokens) / 1_000),
    maxWaitMs: Math.min(call.maxWaitMs ?? Infinity, settings.maxWaitMs),
    maxBlockedMs: settings.maxBlockedMs,
    signal: call.signal,
    buckets: () => bucketDemands(limits, learned, estimate),
    onWait: (reason, until) => notify(settings.onThrottled, { key: call.key, model: model.id, scope, reason, until }),
  });
  if (admission.status === 'aborted') {
    throw failedWith('cancelled', `The call of ${model.id} was cancelled while it waited for its turn.`, { receipt: { key: call.key, attempts: [] }, cause: call.signal?.reason });
  }
  if (admission.status === 'too-long') {
    const { until: retryAt, reason } = admission;
    const seconds = Math.ceil((retryAt - clock.now()) / 1_000);
    const message = `${model.id} has no room before ${seconds} s from now (${reason}), longer than a call may wait for it.`;
    throw refuse(call, { model: model.id, now: clock.now() }, { kind: 'rate-limit', message, retryAt });
  }

  const seen: Attempt[] = [];
  let settled: Promise<void> | undefined;
  const settleOnce = (): Promise<void> => {
    const sent = seen.filter((attempt) => attempt.sent !== false);
    const last = sent.at(-1);
    if (last?.usage.estimated === false && last.failure === undefined) estimator.learn(estimate, last.usage);
    return admission.settle({ used: usedOf(sent, estimate, limits), ...outcomeOf(last, call, settings) });
  };
  const settle = (): Promise<void> => (settled ??= settleOnce());
  const onAttempt = (attempt: Attempt): void => {
    const first = seen.length === 0 && admission.waitedMs > 0;
    seen.push(attempt);
    notify(call.onAttempt, first ? { ...attempt, waitedMs: admission.waitedMs } : attempt);
  };
  const onHeaders = (headers: { readonly [name: string]: string }): void => {
    const said = readRateHeaders(headers);
    if (said !== undefined) {
      learn(learned, said.limits, said.remaining);
      if (Object.keys(said.remaining).length > 0) limiter.lower(said.remaining);
    }
    notify(call.onHeaders, headers);
  };
  return runOf(model)(request, { ...call, onAttempt, onHeaders }, afterFinish(settle, deliver)).finally(settle);
}

function learn(learned: Learned, limits: RateHeaders['limits'], remaining: RateHeaders['remaining']): void {
  for (const [name, perMinute] of Object.entries(limits) as [LearnedName, number][]) {
    const known = learned.get(name);
    learned.set(name, { perMinute: Math.min(perMinute, known?.perMinute ?? Infinity), mostLeft: Math.max(remaining[name] ?? 0, known?.mostLeft ?? 0) });
  }
}

function outcomeOf(last: Attempt | undefined, call: KeyedCall, { clock, random }: Settings): Pick<LimitSettlement, 'outcome' | 'blockedUntil'> {
  if (last?.failure === undefined) return { outcome: last === undefined ? 'failed' : 'answered' };
  if (last.failure.kind !== 'rate-limit') return { outcome: 'failed' };
  // With several keys only this one has to wait, which is known where keys are chosen.
  if (call.keyIndex !== undefined) return { outcome: 'refused' };
  const now = clock.now();
  const waitMs = Math.max(0, (last.failure.retryAt ?? now + defaultBlockMs) - now);
  // Those who waited must not all come back in the same instant.
  return { outcome: 'refused', blockedUntil: now + waitMs + Math.ceil(random() * Math.min(1_000, 50 + waitMs * 0.1)) };
}
