import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { createModelRegistry } from '@fw/models';
import type { Ledger, LimitStore, ModelCard, ModelRegistry } from '@fw/models';
import { sqliteLedger, sqliteLimitStore } from '@fw/models/sqlite';
import type { SqliteLedger, SqliteLimitStore } from '@fw/models/sqlite';
import type { Config } from './config.ts';
import { FrameworkError } from './framework-error.ts';
import type { FindProvider } from './contributed-provider.ts';
import { buildProviders } from './providers.ts';

/** What all runs of one home share: nobody spends or sends more than is allowed, in this process or another. */
export interface Books {
  readonly ledger: SqliteLedger;
  readonly limitStore: SqliteLimitStore;
}

/** Where no model is called, every key is as good as any other. */
export const anyKey: { readonly [name: string]: string } = new Proxy({}, { get: () => 'not-used', has: () => true });

/** The registry of a config. @throws FrameworkError `FW_CONFIG_INVALID`, `FW_KEY_MISSING`; ModelError for models that cannot be resolved. */
export function registryOf(
  config: Config, environment: { readonly [name: string]: string | undefined }, books?: { readonly ledger: Ledger; readonly limitStore: LimitStore }, find?: FindProvider,
): { readonly registry: ModelRegistry; readonly secrets: readonly string[] } {
  const { providers, secrets } = buildProviders(config, environment, find);
  const models = Object.fromEntries(Object.entries(config.models ?? {}).map(([alias, { card: _card, ...model }]) => [alias, model as { use: string }]));
  return { registry: createModelRegistry({ providers, models, cards: cardsOf(config) as { [reference: string]: ModelCard }, ...(config.budgets && { budgets: config.budgets as { [scope: string]: { usd?: number; tokens?: number } } }), ...books }), secrets };
}

/** What the config says of models, by reference. @throws FrameworkError `FW_CONFIG_INVALID` for a model of which two aliases say different things. */
export function cardsOf(config: Config): { readonly [reference: string]: ModelCard } {
  const cards: { [reference: string]: ModelCard } = {};
  for (const [alias, { use, card }] of Object.entries(config.models ?? {})) {
    if (card === undefined) continue;
    const other = cards[use];
    if (other !== undefined && !isDeepStrictEqual(other, card)) throw new FrameworkError('FW_CONFIG_INVALID', { message: `models.${alias}.card: another name of ${use} has a card that says something else; give it once.` });
    cards[use] = card;
  }
  return cards;
}

export function openBooks(home: string): Books {
  return { ledger: sqliteLedger(path.join(home, 'ledger.sqlite')), limitStore: sqliteLimitStore(path.join(home, 'limits.sqlite')) };
}
