import { aCount, aDuration, anything, checkConfig, objectOf } from './check.ts';
import { systemClock } from './clock.ts';
import type { Clock } from './clock.ts';
import { failedCall } from './failed-call.ts';
import { failedWith } from './failed-with.ts';
import { failureRules } from './failure.ts';
import { isModelError } from './is-model-error.ts';
import type { Model, ModelRequest } from './model.ts';
import { isContent, modelFromRun, runOf } from './model-from-run.ts';
import type { Deliver, KeyedCall } from './model-from-run.ts';
import { notify } from './notify.ts';
import type { Attempt } from './receipt.ts';
import { createRetryBudget } from './retry-budget.ts';
import type { RetryBudget } from './retry-budget.ts';
import { planRetry } from './retry-plan.ts';
import type { RetryPolicy } from './retry-plan.ts';

export interface RetryOptions {
  /** How often one model may be asked after failures of the service, the first time included. Default 2; 1 never tries again. */
  readonly attempts?: number;
  /** How long one call may wait in all before it fails fast with `retryAt`. Default 20 s. */
  readonly maxWaitMs?: number;
  /** Shared by models whose retries are counted together. Default is one of its own. */
  readonly budget?: RetryBudget;
  readonly clock?: Clock;
  /** In [0, 1). */
  readonly random?: () => number;
}

const optionsCheck = objectOf({ attempts: aCount, maxWaitMs: aDuration, budget: anything, clock: anything, random: anything });

/**
 * Asks the same model again after failures that pass: once after a failure of the service, at the time the service
 * named after a rate limit. Never after content was delivered, and in no more than a fifth of all calls once there
 * were more than ten. An abort ends a wait at once.
 */
export function withRetry(model: Model, options: RetryOptions = {}): Model {
  checkRetry(options);
  const settings: Settings = {
    attempts: options.attempts ?? 2,
    maxWaitMs: options.maxWaitMs ?? 20_000,
    budget: options.budget ?? createRetryBudget(),
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
  };
  return modelFromRun(model, (request, call, deliver) => tryAgain(model, settings, request, call, deliver));
}

/** @throws ModelError FW_MODEL_CONFIG for options that cannot work. */
export function checkRetry(options: RetryOptions): void {
  checkConfig(optionsCheck, options, 'The options of a retry');
}

type Settings = RetryPolicy & { readonly budget: RetryBudget; readonly clock: Clock; readonly random: () => number };

function tryAgain(model: Model, settings: Settings, request: ModelRequest, call: KeyedCall, deliver: Deliver): Promise<void> {
  const attempts: Attempt[] = [];
  const onAttempt = (attempt: Attempt): void => {
    attempts.push(attempt);
    notify(call.onAttempt, attempt);
  };
  let waitedMs = 0;
  settings.budget.called();
  const attempt = (skip: readonly string[]): Promise<void> => {
    let delivered = false;
    const onFailure = async (error: unknown): Promise<void> => {
      if (!isModelError(error)) throw error;
      const time = { now: settings.clock.now(), waitedMs, random: settings.random() };
      const plan = delivered || isFinal(error.failure) ? undefined : planRetry(attempts, settings, time);
      // What was refused here, before it was sent, is no load on the service.
      const isLoad = attempts.at(-1)?.sent !== false;
      if (plan === undefined || (isLoad && !settings.budget.allows())) throw failedCall(call.key, attempts, error);
      await settings.clock.sleep(plan.waitMs, call.signal);
      if (call.signal?.aborted === true) {
        const receipt = { key: call.key, attempts };
        throw failedWith('cancelled', `The call of ${model.id} was cancelled while it waited to try again.`, { receipt, cause: call.signal.reason });
      }
      waitedMs += plan.waitMs;
      return attempt([...(call.skip ?? []), ...plan.skip]);
    };
    return runOf(model)(request, { ...call, skip, attempt: (call.attempt ?? 1) + attempts.length, onAttempt }, (event) => {
      delivered ||= isContent(event);
      return deliver(event);
    }).catch(onFailure);
  };
  return attempt(call.skip ?? []);
}

/** The request or its caller is at fault, so no model is asked again, whatever failed before. */
function isFinal(failure: keyof typeof failureRules | undefined): boolean {
  return failure === undefined || (failureRules[failure].again === 'never' && !failureRules[failure].elsewhere);
}
