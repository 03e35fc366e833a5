import type { Model } from './model.ts';
import type { ModelCard } from './model-card.ts';
import type { ModelPrice } from './price.ts';
import type { Prices } from './prices.ts';
import { parseReference } from './reference.ts';

const free: ModelPrice = { usdPerMillion: { input: 0, output: 0 } };

/** What a model costs now: nothing when it is simulated, else what its card says, else what the price table says. */
export function findPrice(model: Pick<Model, 'id' | 'simulated'>, card: ModelCard, prices: Prices | undefined, at: number): ModelPrice | undefined | Promise<ModelPrice | undefined> {
  if (model.simulated === true) return free;
  if (card.price !== undefined || prices === undefined) return card.price;
  const reference = parseReference(model.id);
  return reference === undefined ? undefined : prices.find(reference, at);
}
