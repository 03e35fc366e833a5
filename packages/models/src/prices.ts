import { ModelError } from './model-error.ts';
import type { ModelPrice, TokenPrices } from './price.ts';
import type { ModelReference } from './reference.ts';

/** Where prices come from. */
export interface Prices {
  /** What the model costs at that time, in epoch milliseconds; undefined when nobody knows. */
  find(model: ModelReference, at: number): Promise<ModelPrice | undefined>;
}

const keptMs = 60_000;
const maxKept = 1_000;

/**
 * The price table of the package `@pydantic/genai-prices`, as of its release; loaded with the first question. The
 * provider's name must be the one the table uses: a server of your own has no price until you give one.
 */
export function bundledPrices(): Prices {
  const known = new Map<string, { readonly at: number; readonly price: ModelPrice | undefined }>();
  return {
    async find(model, at) {
      const key = `${model.provider}/${model.name}`;
      const kept = known.get(key);
      if (kept !== undefined && Math.abs(at - kept.at) < keptMs) return kept.price;
      const price = await lookUp(model, at);
      if (known.size >= maxKept) known.clear();
      known.set(key, { at, price });
      return price;
    },
  };
}

async function lookUp(model: ModelReference, at: number): Promise<ModelPrice | undefined> {
  const { calcPrice } = await import('@pydantic/genai-prices');
  try {
    const found = calcPrice({ input_tokens: 1, output_tokens: 1 }, model.name, { providerId: model.provider, timestamp: new Date(at) });
    return found === null ? undefined : readPrice(found.model_price);
  } catch (error) {
    const message = `The price table cannot tell what ${model.provider}/${model.name} costs: ${error instanceof Error ? error.message : String(error)}`;
    throw new ModelError('FW_MODEL_FAILED', { message, cause: error });
  }
}

type TableEntry = number | { readonly base: number; readonly tiers: readonly { readonly start: number; readonly price: number }[] } | undefined;

function readPrice(table: { readonly [key: string]: TableEntry }): ModelPrice | undefined {
  const entries = { input: table['input_mtok'], output: table['output_mtok'], cacheRead: table['cache_read_mtok'], cacheWrite: table['cache_write_mtok'] };
  if (entries.input === undefined || entries.output === undefined) return undefined;
  const starts = new Set(Object.values(entries).flatMap((entry) => (typeof entry === 'object' ? entry.tiers.map((tier) => tier.start) : [])));
  const above = (tokens: number): TokenPrices => {
    const rate = (entry: TableEntry): number | undefined =>
      typeof entry === 'object' ? (entry.tiers.findLast((tier) => tier.start <= tokens)?.price ?? entry.base) : entry;
    return { input: rate(entries.input) ?? 0, output: rate(entries.output) ?? 0, cacheRead: rate(entries.cacheRead), cacheWrite: rate(entries.cacheWrite) };
  };
  const longContext = [...starts].sort((left, right) => left - right).map((start) => ({ aboveInputTokens: start, usdPerMillion: above(start) }));
  return { usdPerMillion: above(-1), ...(longContext.length === 0 ? {} : { longContext }) };
}
