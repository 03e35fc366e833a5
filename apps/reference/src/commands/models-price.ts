import { bundledPrices, costOf } from '@fw/models';
import { AppError } from '../app-error.ts';
import type { CliContext } from '../cli-context.ts';
import { exitCodes } from '../exit-code.ts';
import { formatCost, formatPrice } from '../format.ts';
import { jsonLine } from '../json-line.ts';
import { readConfig } from '../open-framework.ts';
import { plainLine } from '../plain-text.ts';

export interface ModelsPriceOptions {
  readonly input?: string;
  readonly output?: string;
  readonly cacheRead?: string;
  readonly cacheWrite?: string;
}

/** `fw models price`: what a model costs by the price table of this release, and what so many tokens would. Exit 1 when nobody knows. */
export async function modelsPrice(context: CliContext, name: string, options: ModelsPriceOptions): Promise<number> {
  const reference = await referenceOf(context, name);
  const usage = usageOf(options);
  const [, provider = '', model = ''] = /^([^/]+)\/(.+?)(?:@[^@/]+)?$/.exec(reference) ?? [];
  const price = (await bundledPrices().find({ provider, name: model }, Date.now())) ?? null;
  const costNanoUsd = usage === undefined ? undefined : price === null ? 'unknown' : costOf(price, usage);
  if (context.output !== 'text') context.terminal.print(jsonLine({ reference, price, ...(usage === undefined ? {} : { usage, costNanoUsd }) }));
  else {
    const tiers = (price?.longContext ?? []).map((tier) => `, above ${tier.aboveInputTokens.toLocaleString('en')} input tokens ${formatPrice(tier)}`);
    context.terminal.print(`${plainLine(reference, 200)}: ${price === null ? 'nobody knows what it costs' : `${formatPrice(price)}${tiers.join('')}`}\n`);
    if (usage !== undefined && costNanoUsd !== undefined) {
      context.terminal.print(`${usage.inputTokens.toLocaleString('en')} input and ${usage.outputTokens.toLocaleString('en')} output tokens: ${formatCost(costNanoUsd)}\n`);
    }
  }
  return price === null ? exitCodes.failed : exitCodes.success;
}

/** A reference needs no config; a name is looked up in it. */
async function referenceOf(context: CliContext, name: string): Promise<string> {
  if (/^[^/\s]+\/\S+$/.test(name)) return name;
  const { config } = await readConfig(context, { workspace: context.directory, ...(context.config === undefined ? {} : { file: context.config }) });
  const models = config.models ?? {};
  const model = Object.hasOwn(models, name) ? models[name] : undefined;
  if (model === undefined) throw new AppError('FW_USAGE', { message: `"${name}" is neither a reference, such as openai/<name>, nor one of the configured models: ${Object.keys(models).join(', ') || 'there are none'}.` });
  return model.use;
}

function usageOf(options: ModelsPriceOptions): { readonly inputTokens: number; readonly outputTokens: number; readonly cacheReadTokens: number; readonly cacheWriteTokens: number } | undefined {
  if (Object.keys(options).length === 0) return undefined;
  const count = (flag: string, text = '0'): number => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) throw new AppError('FW_USAGE', { message: `${flag} "${text}" is not a number of tokens.` });
    return value;
  };
  const cacheReadTokens = count('--cache-read', options.cacheRead);
  const cacheWriteTokens = count('--cache-write', options.cacheWrite);
  const inputTokens = count('--input', options.input ?? String(cacheReadTokens + cacheWriteTokens));
  if (cacheReadTokens + cacheWriteTokens > inputTokens) throw new AppError('FW_USAGE', { message: `--input ${String(inputTokens)} is all input, so it cannot be less than --cache-read and --cache-write together.` });
  return { inputTokens, outputTokens: count('--output', options.output), cacheReadTokens, cacheWriteTokens };
}
