import { aCount, aCountOrNone, aFlag, aText, anAmount, both, checkConfig, listOf, objectOf, oneOf, recordOf, which } from './check.ts';
import type { Check } from './check.ts';
import { modelCardCheck } from './model-card.ts';
import type { ModelCard } from './model-card.ts';
import { parseReference } from './reference.ts';

/** How much of a model may be used; every figure is a ceiling. */
export interface ModelLimits {
  readonly requestsPerMinute?: number | undefined;
  readonly requestsPerDay?: number | undefined;
  readonly inputTokensPerMinute?: number | undefined;
  readonly outputTokensPerMinute?: number | undefined;
  readonly tokensPerMinute?: number | undefined;
  readonly tokensPerDay?: number | undefined;
  readonly concurrency?: number | undefined;
  /** How many requests may leave at once; default is what a minute allows. */
  readonly burst?: number | undefined;
  /** False for a service that does not count cached input. Default true. */
  readonly countCachedInput?: boolean | undefined;
}

/** What an alias stands for. */
export interface ModelConfig {
  /** `provider/name` or `provider/name@version`. */
  readonly use: string;
  /** Tried in order when the one before failed: aliases or references. */
  readonly fallback?: readonly string[] | undefined;
  readonly limits?: ModelLimits | undefined;
  /** Failures after which a fallback is asked only on demand: an answer refused on principle, a budget that cannot cover it. */
  readonly fallbackOn?: readonly ('policy' | 'budget')[] | undefined;
  /** After an answer broke off in the middle: says `restart` and gives the whole answer of the next model. */
  readonly restart?: boolean | undefined;
}

/** How much one scope may spend. */
export interface ModelBudget {
  readonly usd?: number | undefined;
  readonly tokens?: number | undefined;
}

/** The limits of one model. */
export const limitsCheck: Check = both(
  objectOf({
    requestsPerMinute: aCount,
    requestsPerDay: aCount,
    inputTokensPerMinute: aCount,
    outputTokensPerMinute: aCount,
    tokensPerMinute: aCount,
    tokensPerDay: aCount,
    concurrency: aCount,
    burst: aCount,
    countCachedInput: aFlag,
  }),
  which((limits) => (limits as ModelLimits).burst === undefined || (limits as ModelLimits).requestsPerMinute !== undefined, 'burst needs requestsPerMinute'),
);
const isReference = (text: unknown): boolean => typeof text === 'string' && parseReference(text) !== undefined;
const howToRefer = 'must be written as provider/name or provider/name@version';
/** `run`, `agent`, `call` or another name of a scope, and what it may spend. */
export const budgetsCheck: Check = recordOf((name) => name !== '', 'needs a name', objectOf({ usd: anAmount, tokens: aCountOrNone }));
const config = objectOf({
  models: recordOf((alias) => /^[\w.-]+$/.test(alias), 'is no alias: it may hold letters, digits, ".", "_" and "-"', objectOf({
    use: which(isReference, howToRefer),
    fallback: listOf(aText),
    limits: limitsCheck,
    fallbackOn: listOf(oneOf(['policy', 'budget'])),
    restart: aFlag,
  }, ['use'])),
  budgets: budgetsCheck,
  cards: recordOf(isReference, howToRefer, modelCardCheck),
}, ['models']);

/** The data part of a registry's options. */
export interface RegistryConfig {
  readonly models: { readonly [alias: string]: ModelConfig };
  readonly budgets: { readonly [name: string]: ModelBudget };
  readonly cards: { readonly [reference: string]: ModelCard };
}

/** Checks the data part of a registry's options. @throws ModelError FW_MODEL_CONFIG with the place of every mistake. */
export function parseRegistryConfig(value: unknown): RegistryConfig {
  checkConfig(config, value, 'The configuration of the models');
  // A copy: what its owner changes later was not checked.
  const { models, budgets = {}, cards = {} } = structuredClone(value) as Pick<RegistryConfig, 'models'> & Partial<RegistryConfig>;
  return { models, budgets, cards };
}
