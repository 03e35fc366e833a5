import { withBreaker } from './breaker.ts';
import type { BreakerEvent } from './breaker.ts';
import type { Candidate } from './candidates.ts';
import type { Clock } from './clock.ts';
import { createModel } from './create-model.ts';
import { createKeyRing, withKeys } from './keys.ts';
import type { KeyRing } from './keys.ts';
import type { Ledger } from './ledger.ts';
import type { LimitStore } from './limit-store.ts';
import { limitsOf } from './limits-of.ts';
import { cardOf } from './model-card.ts';
import type { Model, ModelProvider } from './model.ts';
import type { Prices } from './prices.ts';
import { withRateLimit } from './rate-limit.ts';
import type { ThrottledEvent } from './rate-limit.ts';
import type { RegistryConfig } from './registry-config.ts';
import { withRewrite } from './rewrite-parameter.ts';
import { withLedger } from './with-ledger.ts';
import type { BudgetEvent } from './with-ledger.ts';

export interface EndpointParts {
  readonly config: RegistryConfig;
  readonly ledger: Ledger;
  readonly prices: Prices;
  readonly limitStore: LimitStore | undefined;
  readonly clock: Clock;
  readonly onBudget: (event: BudgetEvent) => void;
  readonly onThrottled: (event: ThrottledEvent) => void;
  readonly onBreaker: (event: BreakerEvent) => void;
}

/**
 * One Model for each candidate, whichever names lead to it: they share its limits, its breaker and the keys of its
 * provider. This is the whole stack of one endpoint, from the inside out.
 */
export function createEndpoints(parts: EndpointParts): (candidate: Candidate) => Model {
  const { config, ledger, limitStore, clock } = parts;
  // Also for models that nobody asked for: a service may use others for a part of its answer.
  const prices: Prices = { find: async (model, at) => cardOf(config.cards, model).price ?? (await parts.prices.find(model, at)) };
  const made = new Map<string, Model>();
  const rings = new Map<string, KeyRing>();
  const ringOf = (provider: ModelProvider): KeyRing => {
    const ring = rings.get(provider.name) ?? createKeyRing(provider.keys ?? 1);
    rings.set(provider.name, ring);
    return ring;
  };

  const make = ({ provider, reference, id }: Candidate): Model => {
    const { name, version } = reference;
    const card = cardOf(config.cards, reference);
    const bare = createModel(provider, version === undefined ? name : `${name}@${version}`, { clock, card, prices });
    const booked = withLedger(withRewrite(bare), { clock, ledger, budgets: config.budgets, card, prices, onRefused: parts.onBudget });
    const store = limitStore === undefined ? {} : { store: limitStore };
    const limited = withRateLimit(booked, { clock, limits: limitsOf(id, config.models), ...store, onThrottled: parts.onThrottled });
    const guarded = withBreaker(limited, { clock, onChange: parts.onBreaker });
    return (provider.keys ?? 1) > 1 ? withKeys(guarded, ringOf(provider), { clock }) : guarded;
  };

  return (candidate) => {
    const known = made.get(candidate.id) ?? make(candidate);
    made.set(candidate.id, known);
    return known;
  };
}
