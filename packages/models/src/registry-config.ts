import { z } from 'zod';
import { modelCardSchema } from './model-card.ts';
import type { ModelCard } from './model-card.ts';
import { parseConfig } from './parse-config.ts';
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

const count = z.number().int().positive().optional();
const limits = z.strictObject({
  requestsPerMinute: count,
  requestsPerDay: count,
  inputTokensPerMinute: count,
  outputTokensPerMinute: count,
  tokensPerMinute: count,
  tokensPerDay: count,
  concurrency: count,
  burst: count,
  countCachedInput: z.boolean().optional(),
}).refine((given) => given.burst === undefined || given.requestsPerMinute !== undefined, 'burst needs requestsPerMinute');
const reference = z.string().refine((text) => parseReference(text) !== undefined, 'write it as provider/name or provider/name@version');
const models = z.record(
  z.string().regex(/^[\w.-]+$/, 'an alias may hold letters, digits, ".", "_" and "-"'),
  z.strictObject({ use: reference, fallback: z.array(z.string().min(1)).optional(), limits: limits.optional(), fallbackOn: z.array(z.enum(['policy', 'budget'])).optional(), restart: z.boolean().optional() }),
);
const budgets = z.record(z.string().min(1), z.strictObject({ usd: z.number().nonnegative().optional(), tokens: z.number().int().nonnegative().optional() }));
const config = z.strictObject({ models, budgets: budgets.optional(), cards: z.record(reference, modelCardSchema).optional() });

/** The data part of a registry's options. */
export interface RegistryConfig {
  readonly models: { readonly [alias: string]: ModelConfig };
  readonly budgets: { readonly [name: string]: ModelBudget };
  readonly cards: { readonly [reference: string]: ModelCard };
}

/** Checks the data part of a registry's options. @throws ModelError FW_MODEL_CONFIG with the place of every mistake. */
export function parseRegistryConfig(value: unknown): RegistryConfig {
  const parsed = parseConfig(config, value, 'The configuration of the models');
  return { models: parsed.models, budgets: parsed.budgets ?? {}, cards: parsed.cards ?? {} };
}
