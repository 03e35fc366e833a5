import { aCount, aCountOrNone, aText, listOf, objectOf, oneOf, which } from './check.ts';
import type { Check } from './check.ts';
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

const aPrice = which((usd) => typeof usd === 'number' && usd >= 0 && usd <= 1e9, 'must be USD for a million tokens, from 0 to 1e9');
const tokenPrices = objectOf({ input: aPrice, output: aPrice, cacheRead: aPrice, cacheWrite: aPrice }, ['input', 'output']);
const aDate = which((text) => typeof text === 'string' && !Number.isNaN(Date.parse(text)), 'must be a date, written as YYYY-MM-DD');

/** What a card in a configuration may hold. */
export const modelCardCheck: Check = objectOf({
  sendAs: aText,
  capabilities: listOf(oneOf(['tools', 'images', 'files', 'output', 'reasoning'])),
  contextTokens: aCount,
  maxOutputTokens: aCount,
  maxMediaTokens: aCount,
  price: objectOf({
    usdPerMillion: tokenPrices,
    longContext: listOf(objectOf({ aboveInputTokens: aCountOrNone, usdPerMillion: tokenPrices }, ['aboveInputTokens', 'usdPerMillion'])),
  }, ['usdPerMillion']),
  deprecatedAt: aDate,
  retiresAt: aDate,
  replacedBy: aText,
});

/** The card of exactly this version, else the one of the model without a version. */
export function cardOf(cards: { readonly [reference: string]: ModelCard }, { provider, name, version }: ModelReference): ModelCard {
  const [exact, plain] = [`${provider}/${name}@${version ?? ''}`, `${provider}/${name}`];
  if (version !== undefined && Object.hasOwn(cards, exact)) return cards[exact] ?? {};
  return (Object.hasOwn(cards, plain) ? cards[plain] : undefined) ?? {};
}
