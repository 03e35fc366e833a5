import { z } from 'zod';
import type { ModelPrice } from './price.ts';
import type { ModelReference } from './reference.ts';

/** What a model can do and what a request may need of it. */
export type ModelCapability = 'tools' | 'images' | 'files' | 'output' | 'reasoning';

/** What is known about a model. Everything may be left out. */
export interface ModelCard {
  /** The provider's own name of this version; default is the name of the reference. */
  readonly sendAs?: string | undefined;
  /** What it can do; without a list it is believed to do everything. */
  readonly capabilities?: readonly ModelCapability[] | undefined;
  /** How many tokens of input and output it holds together. */
  readonly contextTokens?: number | undefined;
  readonly maxOutputTokens?: number | undefined;
  /** The most that one image or file can count for. A call with media under a budget needs it. */
  readonly maxMediaTokens?: number | undefined;
  /** Wins over the price table. */
  readonly price?: ModelPrice | undefined;
  /** A date, `YYYY-MM-DD` or longer. From then on it is reported when it is used. */
  readonly deprecatedAt?: string | undefined;
  /** From then on it is not used. */
  readonly retiresAt?: string | undefined;
  /** `provider/name[@version]` to use in its place. */
  readonly replacedBy?: string | undefined;
}

const tokens = z.number().int().positive().optional();
const usd = z.number().nonnegative();
const tokenPrices = z.strictObject({ input: usd, output: usd, cacheRead: usd.optional(), cacheWrite: usd.optional() });
const date = z.string().refine((text) => !Number.isNaN(Date.parse(text)), 'write a date as YYYY-MM-DD').optional();

/** The shape of a card in a configuration. */
export const modelCardSchema: z.ZodType<ModelCard> = z.strictObject({
  sendAs: z.string().min(1).optional(),
  capabilities: z.array(z.enum(['tools', 'images', 'files', 'output', 'reasoning'])).optional(),
  contextTokens: tokens,
  maxOutputTokens: tokens,
  maxMediaTokens: tokens,
  price: z.strictObject({
    usdPerMillion: tokenPrices,
    longContext: z.array(z.strictObject({ aboveInputTokens: z.number().int().nonnegative(), usdPerMillion: tokenPrices })).optional(),
  }).optional(),
  deprecatedAt: date,
  retiresAt: date,
  replacedBy: z.string().min(1).optional(),
});

/** The card of exactly this version, else the one of the model without a version. */
export function cardOf(cards: { readonly [reference: string]: ModelCard }, { provider, name, version }: ModelReference): ModelCard {
  const [exact, plain] = [`${provider}/${name}@${version ?? ''}`, `${provider}/${name}`];
  if (version !== undefined && Object.hasOwn(cards, exact)) return cards[exact] ?? {};
  return (Object.hasOwn(cards, plain) ? cards[plain] : undefined) ?? {};
}
