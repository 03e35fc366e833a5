import { attemptOnce } from './attempt-once.ts';
import type { Endpoint } from './attempt-once.ts';
import { systemClock } from './clock.ts';
import type { Clock } from './clock.ts';
import type { Model, ModelProvider } from './model.ts';
import type { ModelCard } from './model-card.ts';
import { modelFromRun } from './model-from-run.ts';
import { ModelError } from './model-error.ts';
import type { Prices } from './prices.ts';
import { formatReference, parseReference } from './reference.ts';

export interface CreateModelOptions {
  readonly clock?: Clock;
  readonly card?: ModelCard;
  /** Without prices and without one in the card, the cost of an answer is `unknown` unless the provider says it. */
  readonly prices?: Prices;
}

/**
 * One model of one provider, bare: a call is one attempt. Wrap it in `withRetry` and `withFallback` for more.
 * Tool calls are released only after the finish was seen; an answer that breaks off after content was delivered
 * rejects with FW_MODEL_PARTIAL and carries what had arrived.
 */
export function createModel(provider: ModelProvider, name: string, options: CreateModelOptions = {}): Model {
  const reference = parseReference(`${provider.name}/${name}`);
  if (reference === undefined) {
    throw new ModelError('FW_MODEL_CONFIG', { message: `"${name}" is not the name of a model. Write name or name@version.` });
  }
  const id = formatReference(reference);
  const endpoint: Endpoint = { provider, reference, id, clock: options.clock ?? systemClock, card: options.card ?? {}, prices: options.prices };
  const like = provider.simulated === true ? ({ id, simulated: true } as const) : { id };
  return modelFromRun(like, (request, call, deliver) => attemptOnce(endpoint, request, call, deliver));
}
