import { failedCall } from './failed-call.ts';
import { failedWith } from './failed-with.ts';
import { failureRules } from './failure.ts';
import { isModelError } from './is-model-error.ts';
import type { CallScope, Model, ModelRequest } from './model.ts';
import type { ModelCard } from './model-card.ts';
import { isContent, modelFromRun, runOf } from './model-from-run.ts';
import type { Deliver, KeyedCall } from './model-from-run.ts';
import { ModelError } from './model-error.ts';
import type { FailureKind } from './model-error.ts';
import { notify } from './notify.ts';
import type { Attempt } from './receipt.ts';
import { unfitFor } from './unfit.ts';

export interface FallbackOptions {
  /** What is known about the models, by id: those that cannot answer a request are left out. */
  readonly cards?: { readonly [id: string]: ModelCard };
  /** Models that only stand in for another, by id: tried when that one does not exist any more. */
  readonly standIns?: { readonly [id: string]: string };
  /** Failures after which another model is asked only on demand: an answer refused on principle, or a budget that cannot cover it. */
  readonly fallbackOn?: readonly ('policy' | 'budget')[];
  /** After an answer broke off in the middle: says `restart` and gives the whole answer of the next model. Default fails. */
  readonly restart?: boolean;
  readonly onFallback?: (event: FallbackEvent) => void;
  /** The service says that this model does not exist any more. */
  readonly onGone?: (model: string) => void;
}

/** A call that goes on to the next model. */
export interface FallbackEvent {
  readonly key: string;
  readonly from: string;
  readonly to: string;
  readonly failure: FailureKind;
  readonly scope: CallScope;
}

/**
 * Asks the models in order until one answers. It goes on silently as long as no content was delivered, and only
 * after failures that another model may not have; when all fail, one error lists every attempt and has the last one's code.
 * @throws ModelError FW_MODEL_CONFIG without models.
 */
export function withFallback(models: readonly Model[], options: FallbackOptions = {}): Model {
  const [first] = models;
  if (first === undefined) throw new ModelError('FW_MODEL_CONFIG', { message: 'withFallback was given no model. Give it at least one.' });
  const gone = new Set<string>();
  return modelFromRun(first, (request, call, deliver) => tryInOrder({ models, options, gone }, request, call, deliver));
}

interface Chain {
  readonly models: readonly Model[];
  readonly options: FallbackOptions;
  readonly gone: Set<string>;
}

const maxWaitBeforeNextMs = 20_000;

function tryInOrder(chain: Chain, request: ModelRequest, call: KeyedCall, deliver: Deliver): Promise<void> {
  const { options, gone } = chain;
  const attempts: Attempt[] = [];
  const onAttempt = (attempt: Attempt): void => {
    attempts.push(attempt);
    notify(call.onAttempt, attempt);
  };
  const ask = (model: Model, open: readonly Model[]): Promise<void> => {
    let delivered = false;
    const onFailure = async (error: unknown): Promise<void> => {
      if (!isModelError(error)) throw error;
      const { failure } = error;
      if (failure === 'model-gone' && !gone.has(model.id)) {
        gone.add(model.id);
        notify(options.onGone, model.id);
      }
      const left = next(chain, open, model, failure);
      const [to] = left;
      const restarts = options.restart === true && failure !== 'cancelled';
      if (to === undefined || failure === undefined || (delivered && !restarts) || !goesElsewhere(failure, options)) throw failedCall(call.key, attempts, error);
      notify(options.onFallback, { key: call.key, from: model.id, to: to.id, failure, scope: call.scope ?? {} });
      if (delivered) await deliver({ type: 'restart', reason: failure });
      return ask(to, left);
    };
    const others = open.length === 1 ? none : open.filter((other) => other !== model && !standsAside(other, chain));
    return runOf(model)(request, { ...call, ...waitBefore(others, call), attempt: (call.attempt ?? 1) + attempts.length, onAttempt }, (event) => {
      delivered ||= isContent(event);
      return deliver(event);
    }).catch(onFailure);
  };
  try {
    const open = fitting(chain, request, call);
    return ask(open[0] as Model, open);
  } catch (error) {
    return Promise.reject(error as Error);
  }
}

const none: readonly Model[] = [];

/** The models that this call may go to. @throws when there is none. */
function fitting(chain: Chain, request: ModelRequest, call: KeyedCall): readonly Model[] {
  const { models, options, gone } = chain;
  const [first] = models;
  if (models.length === 1 && first !== undefined && call.skip?.includes(first.id) !== true && !standsAside(first, chain) && unfitFor(options.cards?.[first.id] ?? {}, request) === undefined) return models;
  const allowed = models.filter((model) => call.skip?.includes(model.id) !== true);
  const unfit = allowed.map((model) => ({ model, unfit: unfitFor(options.cards?.[model.id] ?? {}, request) }));
  const fit = unfit.flatMap(({ model, unfit: reason }) => (reason === undefined ? [model] : []));
  // A model that is gone may be back, so it is asked last rather than never.
  const usable = fit.filter((model) => !standsAside(model, chain));
  const ordered = [...usable.filter((model) => !gone.has(model.id)), ...usable.filter((model) => gone.has(model.id))];
  const later = fit.filter((model) => standsAside(model, chain));
  if (ordered.length > 0) return [...ordered, ...later];
  const reasons = unfit.flatMap(({ model, unfit: reason }) => (reason === undefined ? [] : [`${model.id}: ${reason.reason}`]));
  if (reasons.length === 0) throw new ModelError('FW_MODEL_CONFIG', { message: `Every model of this call is to be skipped: ${models.map((model) => model.id).join(', ')}.` });
  const kind = unfit.some(({ unfit: reason }) => reason?.because === 'context') ? 'context' : 'invalid';
  throw failedWith(kind, `No model can answer this request. ${reasons.join('; ')}.`, { receipt: { key: call.key, attempts: [] } });
}

function standsAside(model: Model, { options, gone }: Chain): boolean {
  const original = options.standIns?.[model.id];
  return original !== undefined && !gone.has(original);
}

/** Those that are left after a failure: the stand-in of a model that is gone first, after `context` only larger ones. */
function next(chain: Chain, open: readonly Model[], failed: Model, failure: FailureKind | undefined): readonly Model[] {
  const { cards = {}, standIns = {} } = chain.options;
  const others = open.filter((model) => model !== failed && !standsAside(model, chain));
  const waiting = open.filter((model) => model !== failed && standsAside(model, chain));
  if (failure === 'model-gone') {
    const standIn = others.filter((model) => standIns[model.id] === failed.id);
    return [...standIn, ...others.filter((model) => !standIn.includes(model)), ...waiting];
  }
  if (failure !== 'context') return others.length === 0 ? [] : [...others, ...waiting];
  const size = cards[failed.id]?.contextTokens ?? Infinity;
  return others.filter((model) => (cards[model.id]?.contextTokens ?? 0) > size);
}

function goesElsewhere(failure: FailureKind, { fallbackOn = [] }: FallbackOptions): boolean {
  return failureRules[failure].elsewhere || failure === 'context' || fallbackOn.some((kind) => kind === failure);
}

/** Before another model that may be free, nobody waits long for this one. */
function waitBefore(others: readonly Model[], call: KeyedCall): { readonly maxWaitMs?: number } {
  return others.length === 0 ? {} : { maxWaitMs: Math.min(call.maxWaitMs ?? Infinity, maxWaitBeforeNextMs) };
}
