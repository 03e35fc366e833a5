import { EventEmitter } from 'eventemitter3';
import { resolveAlias } from './candidates.ts';
import type { Candidate } from './candidates.ts';
import { createModel } from './create-model.ts';
import { didYouMean } from './did-you-mean.ts';
import { withFallback } from './fallback.ts';
import type { FallbackEvent } from './fallback.ts';
import type { Ledger } from './ledger.ts';
import { limitsOf } from './limits-of.ts';
import type { LimitStore } from './limit-store.ts';
import { memoryLedger } from './memory-ledger.ts';
import type { CallScope, Model, ModelProvider, ModelRequest } from './model.ts';
import { cardOf } from './model-card.ts';
import type { ModelCard } from './model-card.ts';
import { modelFromStream } from './model-from-stream.ts';
import { ModelError } from './model-error.ts';
import { notify } from './notify.ts';
import { bundledPrices } from './prices.ts';
import type { Prices } from './prices.ts';
import { indexProviders } from './providers.ts';
import type { Attempt } from './receipt.ts';
import { formatReference, parseReference } from './reference.ts';
import { parseRegistryConfig } from './registry-config.ts';
import type { ModelBudget, ModelConfig } from './registry-config.ts';
import { withRateLimit } from './rate-limit.ts';
import type { ThrottledEvent } from './rate-limit.ts';
import { withRetry } from './retry.ts';
import type { RetryOptions } from './retry.ts';
import type { Usage } from './usage.ts';
import { withLedger } from './with-ledger.ts';
import type { BudgetEvent } from './with-ledger.ts';

export interface ModelRegistryOptions {
  readonly providers: readonly ModelProvider[];
  readonly models: { readonly [alias: string]: ModelConfig };
  /** What is known about models, by reference with or without a version. */
  readonly cards?: { readonly [reference: string]: ModelCard };
  /** What may be spent: `run`, `agent` (in its run), `call`, or any other name of a scope. */
  readonly budgets?: { readonly [scope: string]: ModelBudget };
  /** Default is one in memory. */
  readonly ledger?: Ledger;
  /** Where limits are counted. Default is the memory of this process, for each model. */
  readonly limitStore?: LimitStore;
  /** Asked where a card has no price. Default is the price table that comes with this package. */
  readonly prices?: Prices;
  readonly retry?: RetryOptions;
}

/** Every model of an application by name. */
export interface ModelRegistry {
  /** An alias, or `provider/name[@version]` of a registered provider. @throws ModelError FW_MODEL_UNKNOWN. */
  get(name: string): Model;
  list(): readonly ModelEntry[];
  /** What was used in a scope, or in all of them, as the ledger has it. */
  usage(scope?: CallScope): Usage;
  /** Which models a call would go to, in order, and why. @throws ModelError FW_MODEL_UNKNOWN. */
  explain(name: string, request: ModelRequest): Explanation;
  /** A listener that fails never breaks a call. */
  on<Name extends keyof ModelRegistryEvents>(event: Name, listener: (event: ModelRegistryEvents[Name]) => void): void;
  off<Name extends keyof ModelRegistryEvents>(event: Name, listener: (event: ModelRegistryEvents[Name]) => void): void;
}

export interface ModelEntry {
  readonly name: string;
  /** Ids in the order they are tried. */
  readonly candidates: readonly string[];
  readonly simulated: boolean;
}

export interface Explanation {
  readonly name: string;
  readonly candidates: readonly { readonly model: string; readonly taken: boolean; readonly reason: string }[];
}

export interface ModelRegistryEvents {
  /** An attempt is over, however it ended. */
  readonly attempt: AttemptEvent;
  /** A call goes on to the next model. */
  readonly fallback: FallbackEvent;
  /** A call has to wait for room in the limits of a model. */
  readonly throttled: ThrottledEvent;
  /** A request did not fit into what a budget had left and was not sent. */
  readonly budget: BudgetEvent;
}

export interface AttemptEvent {
  readonly key: string;
  readonly attempt: Attempt;
  readonly scope: CallScope;
}

/**
 * Makes models callable by name. Everything that can be wrong in the configuration is found here, before any call.
 * @throws ModelError FW_MODEL_CONFIG or FW_MODEL_SPEC_VERSION.
 */
export function createModelRegistry(options: ModelRegistryOptions): ModelRegistry {
  const { providers: given, retry, limitStore, ledger = memoryLedger(), prices = bundledPrices(), ...config } = options;
  const providers = indexProviders(given);
  const { models, budgets, cards } = parseRegistryConfig(config);
  const aliases = new Map(Object.keys(models).map((alias) => [alias, resolveAlias(alias, models, providers)]));
  const clock = retry?.clock === undefined ? {} : { clock: retry.clock };
  const emitter = new EventEmitter();
  const emit = <Name extends keyof ModelRegistryEvents>(name: Name, event: ModelRegistryEvents[Name]): void => {
    for (const listener of emitter.listeners(name)) notify(listener as (event: ModelRegistryEvents[Name]) => void, event);
  };

  const candidatesOf = (name: string): readonly Candidate[] => {
    const known = aliases.get(name);
    if (known !== undefined) return known;
    const reference = parseReference(name);
    const provider = reference === undefined ? undefined : providers.get(reference.provider);
    if (reference === undefined || provider === undefined) throw unknownModel(name, [...aliases.keys()], [...providers.keys()]);
    return [{ provider, reference, id: formatReference(reference), reason: 'asked for by its reference' }];
  };

  const endpoints = new Map<string, Model>();
  const endpoint = ({ provider, reference, id }: Candidate): Model => {
    const card = cardOf(cards, reference);
    const { name, version } = reference;
    const bare = createModel(provider, version === undefined ? name : `${name}@${version}`, { ...clock, card, prices });
    const booked = withLedger(bare, { ...clock, ledger, budgets, card, prices, onRefused: (event) => emit('budget', event) });
    const limits = limitsOf(id, models);
    return withRateLimit(booked, { ...clock, limits, ...(limitStore === undefined ? {} : { store: limitStore }), onThrottled: (event) => emit('throttled', event) });
  };

  /** One for each model, whichever names lead to it: they share its limits. */
  const endpointOf = (candidate: Candidate): Model => {
    const known = endpoints.get(candidate.id);
    if (known !== undefined) return known;
    const made = endpoint(candidate);
    endpoints.set(candidate.id, made);
    return made;
  };

  const build = (candidates: readonly Candidate[]): Model =>
    observed(withRetry(withFallback(candidates.map(endpointOf), { onFallback: (event) => emit('fallback', event) }), retry));

  const observed = (model: Model): Model =>
    modelFromStream(model, (request, call) =>
      model.stream(request, {
        ...call,
        onAttempt(attempt) {
          const scope = call.scope ?? {};
          emit('attempt', { key: call.key, attempt, scope });
          notify(call.onAttempt, attempt);
        },
      }),
    );

  return {
    get: (name) => build(candidatesOf(name)),
    list: () => [...aliases].map(([name, candidates]) => ({ name, candidates: candidates.map(({ id }) => id), simulated: candidates.some(({ provider }) => provider.simulated === true) })),
    usage: (scope) => ledger.usage(scope),
    explain: (name) => ({ name, candidates: candidatesOf(name).map(({ id, reason }) => ({ model: id, taken: true, reason })) }),
    on: (event, listener) => void emitter.on(event, listener),
    off: (event, listener) => void emitter.off(event, listener),
  };
}

function unknownModel(name: string, aliases: readonly string[], providers: readonly string[]): ModelError {
  const references = providers.length === 0 ? '' : ` Models of a provider are asked for as ${providers.map((provider) => `${provider}/…`).join(', ')}.`;
  const meant = didYouMean(name.split('/')[0] ?? name, name.includes('/') ? providers : aliases);
  return new ModelError('FW_MODEL_UNKNOWN', { message: `No model "${name}" is registered.${meant} Known: ${aliases.join(', ') || 'none'}.${references}` });
}
