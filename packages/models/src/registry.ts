import { EventEmitter } from 'eventemitter3';
import type { BreakerEvent } from './breaker.ts';
import { resolveAlias, standIns } from './candidates.ts';
import type { Candidate } from './candidates.ts';
import { systemClock } from './clock.ts';
import { didYouMean } from './did-you-mean.ts';
import { createEndpoints } from './endpoints.ts';
import { explain } from './explain.ts';
import type { Explanation } from './explain.ts';
import { failedWith } from './failed-with.ts';
import { withFallback } from './fallback.ts';
import type { FallbackEvent } from './fallback.ts';
import type { Ledger } from './ledger.ts';
import type { LimitStore } from './limit-store.ts';
import { memoryLedger } from './memory-ledger.ts';
import { cardOf } from './model-card.ts';
import type { ModelCard } from './model-card.ts';
import { ModelError } from './model-error.ts';
import { createLock, verifyLock } from './model-lock.ts';
import type { LockDrift, LockParts, ModelLock } from './model-lock.ts';
import type { CallScope, Model, ModelProvider, ModelRequest } from './model.ts';
import { notify } from './notify.ts';
import { observed } from './observed.ts';
import type { AttemptEvent } from './observed.ts';
import { bundledPrices } from './prices.ts';
import type { Prices } from './prices.ts';
import { indexProviders } from './providers.ts';
import type { ThrottledEvent } from './rate-limit.ts';
import { formatReference, parseReference } from './reference.ts';
import { parseRegistryConfig } from './registry-config.ts';
import type { ModelBudget, ModelConfig } from './registry-config.ts';
import { createRetryBudget } from './retry-budget.ts';
import { checkRetry, withRetry } from './retry.ts';
import type { RetryOptions } from './retry.ts';
import type { Usage } from './usage.ts';
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
  /** An alias, or `provider/name[@version]` of a registered provider. @throws ModelError FW_MODEL_UNKNOWN, or FW_MODEL_GONE for one that retired. */
  get(name: string): Model;
  list(): readonly ModelEntry[];
  /** What was used in a scope, or in all of them, as the ledger has it. */
  usage(scope?: CallScope): Usage;
  /** Which models a call would go to, in order, and why. @throws ModelError FW_MODEL_UNKNOWN. */
  explain(name: string, request: ModelRequest, scope?: CallScope): Explanation;
  /** What the names stand for now, to be kept and verified later. */
  lock(): Promise<ModelLock>;
  /** What is not as the lock says. @throws ModelError FW_MODEL_CONFIG for something that is no lock. */
  verifyLock(lock: unknown): Promise<readonly LockDrift[]>;
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

export interface ModelRegistryEvents {
  /** An attempt is over, however it ended. */
  readonly attempt: AttemptEvent;
  /** A call goes on to the next model. */
  readonly fallback: FallbackEvent;
  /** A call has to wait for room in the limits of a model. */
  readonly throttled: ThrottledEvent;
  /** A request did not fit into what a budget had left and was not sent. */
  readonly budget: BudgetEvent;
  /** The breaker of a model opened, lets one call through, or closed. */
  readonly breaker: BreakerEvent;
  /** A model that is used is deprecated, or its service says that it is gone; once for each model. */
  readonly deprecated: DeprecatedEvent;
}

export interface DeprecatedEvent {
  readonly model: string;
  readonly reason: 'deprecated' | 'gone';
  readonly retiresAt?: string;
  readonly replacedBy?: string;
}

/**
 * Makes models callable by name. Everything that can be wrong in the configuration is found here, before any call.
 * @throws ModelError FW_MODEL_CONFIG or FW_MODEL_SPEC_VERSION.
 */
export function createModelRegistry(options: ModelRegistryOptions): ModelRegistry {
  if (typeof options !== 'object' || options === null) throw new ModelError('FW_MODEL_CONFIG', { message: 'createModelRegistry needs { providers, models }.' });
  const { providers: given, retry, limitStore, ledger = memoryLedger(), prices = bundledPrices(), ...data } = options;
  const providers = indexProviders(given);
  const config = parseRegistryConfig(data);
  const aliases = new Map(Object.keys(config.models).map((alias) => [alias, resolveAlias(alias, config, providers)]));
  const clock = retry?.clock ?? systemClock;
  const retryOptions: RetryOptions = { budget: createRetryBudget(), ...retry };
  checkRetry(retryOptions);
  const emitter = new EventEmitter();
  const emit = <Name extends keyof ModelRegistryEvents>(name: Name, event: ModelRegistryEvents[Name]): void => {
    for (const listener of emitter.listeners(name)) notify(listener as (event: ModelRegistryEvents[Name]) => void, event);
  };
  const openUntil = new Map<string, number>();
  const gone = new Set<string>();
  const deprecated = new Set<string>();
  const answered = new Map<string, string>();
  const built = new Map<string, Model>();

  const endpointOf = createEndpoints({
    config, ledger, prices, limitStore, clock,
    onBudget: (event) => emit('budget', event),
    onThrottled: (event) => emit('throttled', event),
    onBreaker(event) {
      openUntil.set(event.model, event.until ?? 0);
      emit('breaker', event);
    },
  });

  const candidatesOf = (name: string): readonly Candidate[] => {
    if (typeof name !== 'string') throw unknownModel(String(name), [...aliases.keys()], [...providers.keys()]);
    const known = aliases.get(name);
    if (known !== undefined) return known;
    const reference = parseReference(name);
    const provider = reference === undefined ? undefined : providers.get(reference.provider);
    if (reference === undefined || provider === undefined) throw unknownModel(name, [...aliases.keys()], [...providers.keys()]);
    const candidate = { provider, reference, id: formatReference(reference), reason: 'asked for by its reference' };
    return [candidate, ...standIns(candidate, config.cards, providers)];
  };

  const cardFor = (candidate: Candidate): ModelCard => cardOf(config.cards, candidate.reference);
  const isRetired = (candidate: Candidate): boolean => Date.parse(cardFor(candidate).retiresAt ?? '') <= clock.now();
  const report = (model: string, reason: DeprecatedEvent['reason'], { retiresAt, replacedBy }: ModelCard): void => {
    emit('deprecated', { model, reason, ...(retiresAt === undefined ? {} : { retiresAt }), ...(replacedBy === undefined ? {} : { replacedBy }) });
  };

  const build = (name: string, candidates: readonly Candidate[]): Model => {
    const { fallbackOn, restart } = Object.hasOwn(config.models, name) ? (config.models[name] ?? {}) : {};
    const chain = withFallback(candidates.map(endpointOf), {
      cards: Object.fromEntries(candidates.map((candidate) => [candidate.id, cardFor(candidate)])),
      standIns: Object.fromEntries(candidates.flatMap(({ id, standsInFor }) => (standsInFor === undefined ? [] : [[id, standsInFor]]))),
      ...(fallbackOn === undefined ? {} : { fallbackOn }),
      ...(restart === undefined ? {} : { restart }),
      onFallback: (event) => emit('fallback', event),
      onGone(model) {
        const lost = candidates.find(({ id }) => id === model);
        if (!gone.has(model) && lost !== undefined) report(model, 'gone', cardFor(lost));
        gone.add(model);
      },
    });
    return observed(withRetry(chain, retryOptions), {
      onAttempt: (event) => emit('attempt', event),
      onAnswer: (model, answeredBy) => answered.set(model, answeredBy),
    });
  };

  const get = (name: string): Model => {
    const candidates = candidatesOf(name);
    const [first] = candidates;
    if (first !== undefined && isRetired(first)) throw retired(name, first.id, cardFor(first));
    const usable = candidates.filter((candidate) => !isRetired(candidate));
    for (const candidate of usable) {
      const card = cardFor(candidate);
      if (candidate.standsInFor !== undefined || deprecated.has(candidate.id) || !(Date.parse(card.deprecatedAt ?? '') <= clock.now())) continue;
      deprecated.add(candidate.id);
      report(candidate.id, 'deprecated', card);
    }
    const key = `${name} ${usable.length}`;
    const known = built.get(key) ?? build(name, usable);
    // Names of one's own are few; references come from anywhere.
    if (aliases.has(name)) built.set(key, known);
    return known;
  };

  const lockParts = (): LockParts => ({ aliases, config, prices, now: clock.now(), answered });
  return {
    get,
    list: () => [...aliases].map(([name, candidates]) => ({ name, candidates: candidates.filter(({ standsInFor }) => standsInFor === undefined).map(({ id }) => id), simulated: candidates.some(({ provider }) => provider.simulated === true) })),
    usage: (scope) => ledger.usage(scope),
    explain: (name, request, scope = {}) => explain(name, candidatesOf(name), request, scope, { config, ledger, now: clock.now(), openUntil, gone }),
    lock: () => createLock(lockParts()),
    verifyLock: (lock) => verifyLock(lock, lockParts()),
    on: (event, listener) => void emitter.on(event, listener),
    off: (event, listener) => void emitter.off(event, listener),
  };
}

function retired(name: string, id: string, { retiresAt, replacedBy }: ModelCard): ModelError {
  const instead = replacedBy === undefined ? 'Choose another model' : `Use ${replacedBy}`;
  return failedWith('model-gone', `"${name}" stands for ${id}, which retired on ${retiresAt}. ${instead}.`);
}

function unknownModel(name: string, aliases: readonly string[], providers: readonly string[]): ModelError {
  const references = providers.length === 0 ? '' : ` Models of a provider are asked for as ${providers.map((provider) => `${provider}/…`).join(', ')}.`;
  const meant = didYouMean(name.split('/')[0] ?? name, name.includes('/') ? providers : aliases);
  return new ModelError('FW_MODEL_UNKNOWN', { message: `No model "${name}" is registered.${meant} Known: ${aliases.join(', ') || 'none'}.${references}` });
}
