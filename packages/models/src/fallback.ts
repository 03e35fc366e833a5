import { failedCall } from './failed-call.ts';
import { failureRules } from './failure.ts';
import { isModelError } from './is-model-error.ts';
import type { CallScope, Model, ModelEvent, ModelRequest } from './model.ts';
import { modelFromStream } from './model-from-stream.ts';
import type { KeyedCall } from './model-from-stream.ts';
import { ModelError } from './model-error.ts';
import type { FailureKind } from './model-error.ts';
import { notify } from './notify.ts';
import type { Attempt } from './receipt.ts';

export interface FallbackOptions {
  readonly onFallback?: (event: FallbackEvent) => void;
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
  return modelFromStream(first, (request, call) => tryInOrder(models, options, request, call));
}

const maxWaitBeforeNextMs = 20_000;

async function* tryInOrder(models: readonly Model[], options: FallbackOptions, request: ModelRequest, call: KeyedCall): AsyncGenerator<ModelEvent, void, undefined> {
  const attempts: Attempt[] = [];
  const onAttempt = (attempt: Attempt): void => {
    attempts.push(attempt);
    notify(call.onAttempt, attempt);
  };
  const candidates = models.filter((model) => call.skip?.includes(model.id) !== true);
  for (const [index, model] of candidates.entries()) {
    let delivered = false;
    try {
      for await (const event of model.stream(request, { ...call, ...waitFor(call, candidates[index + 1]), attempt: (call.attempt ?? 1) + attempts.length, onAttempt })) {
        delivered ||= event.type !== 'start' && event.type !== 'usage';
        yield event;
      }
      return;
    } catch (error) {
      if (!isModelError(error)) throw error;
      const next = candidates[index + 1];
      const failure = error.failure;
      if (delivered || next === undefined || failure === undefined || !failureRules[failure].elsewhere) throw failedCall(call.key, attempts, error);
      notify(options.onFallback, { key: call.key, from: model.id, to: next.id, failure, scope: call.scope ?? {} });
    }
  }
  throw new ModelError('FW_MODEL_CONFIG', { message: `Every model of this call is to be skipped: ${models.map((model) => model.id).join(', ')}.` });
}

/** Before another model that may be free, nobody waits long for this one. */
function waitFor(call: KeyedCall, next: Model | undefined): { readonly maxWaitMs?: number } {
  return next === undefined ? {} : { maxWaitMs: Math.min(call.maxWaitMs ?? Infinity, maxWaitBeforeNextMs) };
}
