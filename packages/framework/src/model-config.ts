import type { ModelCard } from '@fw/models';
import type { z } from 'zod';
import { withZod } from '@fw/agents-core/with-zod';

export interface ModelAlias {
  /** `provider/model`, or `provider/model@version`. */
  readonly use: string;
  readonly fallback?: readonly string[] | undefined;
  readonly limits?: { readonly [limit: string]: number } | undefined;
  /** What is known about the model that it uses: window, price, capabilities; see `ModelCard` of `@fw/models`. */
  readonly card?: ModelCard | undefined;
}

const text = withZod((z) => z.string().min(1));
const price = withZod((z) => z.number().min(0).max(1e9));
const tokenPrices = withZod((z) => z.strictObject({ input: price, output: price, cacheRead: price.optional(), cacheWrite: price.optional() }));
const count = withZod((z) => z.number().int().positive());

const modelCard = withZod((z) => z.strictObject({
  sendAs: text.optional(),
  capabilities: z.array(z.enum(['tools', 'images', 'files', 'output', 'reasoning'])).optional(),
  contextTokens: count.optional(),
  maxOutputTokens: count.optional(),
  maxMediaTokens: count.optional(),
  price: z.strictObject({
    usdPerMillion: tokenPrices,
    longContext: z.array(z.strictObject({ aboveInputTokens: z.number().int().min(0), usdPerMillion: tokenPrices })).optional(),
  }).optional(),
  deprecatedAt: text.optional(),
  retiresAt: text.optional(),
  replacedBy: text.optional(),
}));

export const modelAlias: z.ZodType<ModelAlias> = withZod((z) => z.strictObject({
  use: text,
  fallback: z.array(text).optional(),
  limits: z.record(z.string(), z.number().positive()).optional(),
  card: modelCard.optional(),
}));
