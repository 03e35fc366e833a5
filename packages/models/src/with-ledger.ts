import { randomUUID } from 'node:crypto';
import { budgetNodes } from './budget-nodes.ts';
import { checkConfig } from './check.ts';
import { systemClock } from './clock.ts';
import type { Clock } from './clock.ts';
import { isModelError } from './is-model-error.ts';
import type { BudgetNode, BudgetRefusal, Ledger, LedgerLine, ReserveAnswer } from './ledger.ts';
import type { CallScope, Model, ModelRequest } from './model.ts';
import type { ModelCard } from './model-card.ts';
import { afterFinish, modelFromRun, runOf } from './model-from-run.ts';
import type { Deliver, KeyedCall } from './model-from-run.ts';
import { notify } from './notify.ts';
import { findPrice } from './find-price.ts';
import { highestCost } from './price.ts';
import type { ModelPrice } from './price.ts';
import type { Prices } from './prices.ts';
import type { Attempt } from './receipt.ts';
import { parseReference } from './reference.ts';
import { refuse } from './refuse.ts';
import { budgetsCheck } from './registry-config.ts';
import type { ModelBudget } from './registry-config.ts';
import { highestInputTokens, outputByOptions } from './upper-bound.ts';
import type { Usage } from './usage.ts';

export interface LedgerOptions {
  readonly ledger: Ledger;
  readonly budgets?: { readonly [name: string]: ModelBudget };
  /** Without prices and without one in the card, a budget of money refuses every call. */
  readonly prices?: Prices;
  readonly card?: ModelCard;
  readonly clock?: Clock;
  readonly onRefused?: (event: BudgetEvent) => void;
}

/** A request that was not sent because it might have cost more than a budget had left. */
export interface BudgetEvent {
  readonly key: string;
  readonly model: string;
  readonly scope: CallScope;
  readonly refusal: BudgetRefusal;
}

/** What an answer may have when the request does not say. */
const usualOutputTokens = 16_384;
/** A shorter answer than this is not worth asking for. */
const leastOutputTokens = 256;

/**
 * Sets the most that a request may use aside before it is sent, and books what it used after. Wrap it directly around
 * one bare model: it is told of every attempt. Under a budget a request that names no `maxOutputTokens` is given one,
 * small enough for what is left; what does not fit fails with FW_MODEL_BUDGET and is not sent.
 */
export function withLedger(model: Model, options: LedgerOptions): Model {
  checkConfig(budgetsCheck, options.budgets ?? {}, 'The budgets');
  return modelFromRun(model, (request, call, deliver) => account(model, options, request, call, deliver));
}

async function account(model: Model, options: LedgerOptions, request: ModelRequest, call: KeyedCall, deliver: Deliver): Promise<void> {
  const { ledger, clock = systemClock } = options;
  const scope = call.scope ?? {};
  const budgets = budgetNodes(options.budgets ?? {}, scope, call.key);
  const held = await hold(model, { ...options, clock }, budgets, request, call);
  const lines: LedgerLine[] = [];
  const onAttempt = (attempt: Attempt): void => {
    if (attempt.sent !== false) lines.push(lineOf(attempt, scope));
    notify(call.onAttempt, attempt);
  };
  let settled = false;
  const settle = async (): Promise<void> => {
    if (settled) return;
    settled = true;
    await settleSafely(ledger, held.id, lines);
  };
  const bounded = budgets.length === 0 ? request : { ...request, maxOutputTokens: held.outputTokens };
  const reserved = budgets.length === 0 ? {} : { reserved: held.bound };
  return runOf(model)(bounded, { ...call, ...reserved, onAttempt }, afterFinish(settle, deliver)).finally(settle);
}

interface Held {
  readonly id: string;
  readonly bound: Usage;
  /** Of one answer. */
  readonly outputTokens: number;
}

async function hold(model: Model, options: LedgerOptions & { readonly clock: Clock }, budgets: readonly BudgetNode[], request: ModelRequest, call: KeyedCall): Promise<Held> {
  const card = options.card ?? {};
  const now = options.clock.now();
  const stop = (message: string, cause?: unknown): Error => refuse(call, { model: model.id, now }, { kind: 'budget', message, cause });
  const input = highestInputTokens(request, card);
  if (input.guessed && budgets.length > 0) throw stop(`Nobody knows how many tokens the images and files for ${model.id} may count, so no budget can cover them. Give the card of the model "maxMediaTokens".`);
  const price = await findPrice(model, card, options.prices, now);
  const money = budgets.find((budget) => budget.limitNanoUsd !== undefined);
  if (price === undefined && money !== undefined) throw stop(`Nobody knows what ${model.id} costs, so the budget "${money.name}" cannot cover it. Give the card of the model a "price".`);

  const byOptions = outputByOptions(request, parseReference(model.id)?.provider ?? '');
  let outputTokens = request.maxOutputTokens ?? Math.min(card.maxOutputTokens ?? usualOutputTokens, usualOutputTokens);
  for (;;) {
    const bound = boundOf(input.tokens, Math.ceil(Math.max(outputTokens, byOptions.limit) * byOptions.times), price);
    const id = randomUUID();
    const answer = await reserveSafely(options.ledger, { id, model: model.id, scope: call.scope ?? {}, bound, budgets }, stop);
    if (answer.status === 'reserved') return { id, bound, outputTokens };
    const { refusal } = answer;
    const smaller = request.maxOutputTokens === undefined && byOptions.limit === 0 && byOptions.times === 1 ? outputThatFits(refusal, input.tokens, price) : 0;
    if (smaller >= leastOutputTokens && smaller < outputTokens) {
      outputTokens = smaller;
      continue;
    }
    notify(options.onRefused, { key: call.key, model: model.id, scope: call.scope ?? {}, refusal });
    throw stop(describe(refusal, model.id));
  }
}

async function reserveSafely(ledger: Ledger, reservation: Parameters<Ledger['reserve']>[0], stop: (message: string, cause: unknown) => Error): Promise<ReserveAnswer> {
  try {
    return await ledger.reserve(reservation);
  } catch (error) {
    if (isModelError(error)) throw error;
    throw stop(`The ledger did not answer, so nothing is sent to ${reservation.model}: ${error instanceof Error ? error.message : String(error)}`, error);
  }
}

/** The answer is there already: books that cannot be written must not take it away. The reservation stays, and is booked whole. */
async function settleSafely(ledger: Ledger, id: string, lines: readonly LedgerLine[]): Promise<void> {
  try {
    await ledger.settle(id, lines);
  } catch (error) {
    process.emitWarning(`The ledger could not book an attempt: ${error instanceof Error ? error.message : String(error)}`, 'ModelLedgerWarning');
  }
}

function boundOf(inputTokens: number, outputTokens: number, price: ModelPrice | undefined): Usage {
  const costNanoUsd = price === undefined ? 'unknown' : highestCost(price, { inputTokens, outputTokens });
  return { inputTokens, outputTokens, cacheReadTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0, estimated: true, costNanoUsd };
}

function outputThatFits(refusal: BudgetRefusal, inputTokens: number, price: ModelPrice | undefined): number {
  const left = refusal.limit - refusal.used - refusal.reserved;
  if (refusal.unit === 'tokens') return left - inputTokens;
  if (price === undefined) return 0;
  const leftForOutput = left - highestCost(price, { inputTokens, outputTokens: 0 });
  return Math.floor((leftForOutput / highestCost(price, { inputTokens: 0, outputTokens: 1_000_000 })) * 1_000_000) - 1;
}

function describe({ budget, unit, limit, used, reserved, asked }: BudgetRefusal, model: string): string {
  const say = (amount: number): string => (unit === 'tokens' ? `${amount} tokens` : `${(amount / 1e9).toFixed(6)} USD`);
  const underWay = reserved === 0 ? '' : ` and ${say(reserved)} set aside for calls under way`;
  return `A call of ${model} may use up to ${say(asked)}, which the budget "${budget}" of ${say(limit)} cannot cover: ${say(used)} used${underWay}. Raise the budget, ask for less with maxOutputTokens, or shorten the request.`;
}

function lineOf({ id, model, startedAt, durationMs, usage, failure }: Attempt, scope: CallScope): LedgerLine {
  return { id, model, scope, startedAt, durationMs, usage, ...(failure === undefined ? {} : { failure: failure.kind }) };
}
