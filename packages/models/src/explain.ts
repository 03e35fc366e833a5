import { refusalOf, bookIn, emptyBalance } from './budget-balance.ts';
import { budgetNodes } from './budget-nodes.ts';
import type { Candidate } from './candidates.ts';
import type { Ledger } from './ledger.ts';
import { cardOf } from './model-card.ts';
import type { CallScope, ModelRequest } from './model.ts';
import { highestCost } from './price.ts';
import type { RegistryConfig } from './registry-config.ts';
import { unfitFor } from './unfit.ts';
import { highestInputTokens } from './upper-bound.ts';
import type { Usage } from './usage.ts';

/** Which models a call would go to, in order. */
export interface Explanation {
  readonly name: string;
  readonly candidates: readonly { readonly model: string; /** False when it would be passed over. */ readonly taken: boolean; readonly reason: string }[];
}

export interface ExplainParts {
  readonly config: RegistryConfig;
  readonly ledger: Ledger;
  readonly now: number;
  /** Until when breakers are open, by model. */
  readonly openUntil: ReadonlyMap<string, number>;
  readonly gone: ReadonlySet<string>;
}

/** Says of each candidate why it would be taken or passed over, as far as that can be known before a call. */
export function explain(name: string, candidates: readonly Candidate[], request: ModelRequest, scope: CallScope, parts: ExplainParts): Explanation {
  return {
    name,
    candidates: candidates.map((candidate) => {
      const against = reasonAgainst(candidate, request, scope, parts);
      return { model: candidate.id, taken: against === undefined, reason: against === undefined ? candidate.reason : `${candidate.reason}; passed over: ${against}` };
    }),
  };
}

function reasonAgainst(candidate: Candidate, request: ModelRequest, scope: CallScope, { config, ledger, now, openUntil, gone }: ExplainParts): string | undefined {
  const { id, reference, standsInFor } = candidate;
  const card = cardOf(config.cards, reference);
  if (card.retiresAt !== undefined && Date.parse(card.retiresAt) <= now) return `it retired on ${card.retiresAt}`;
  if (standsInFor !== undefined && !gone.has(standsInFor)) return `it stands in for ${standsInFor}, which is there`;
  if (gone.has(id)) return 'its service says that it does not exist any more';
  const unfit = unfitFor(card, request);
  if (unfit !== undefined) return unfit.reason;
  const until = openUntil.get(id) ?? 0;
  if (until > now) return `its service failed too often lately; it is asked again from ${new Date(until).toISOString()}`;
  return overBudget(candidate, request, scope, config, ledger);
}

function overBudget(candidate: Candidate, request: ModelRequest, scope: CallScope, config: RegistryConfig, ledger: Ledger): string | undefined {
  const card = cardOf(config.cards, candidate.reference);
  const inputTokens = highestInputTokens(request, card).tokens;
  const outputTokens = request.maxOutputTokens ?? 0;
  // A price that is not in the card is looked up only for a call.
  const costNanoUsd = card.price === undefined ? 0 : highestCost(card.price, { inputTokens, outputTokens });
  const bound: Usage = { inputTokens, outputTokens, cacheReadTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0, estimated: true, costNanoUsd };
  for (const node of budgetNodes(config.budgets, scope, '')) {
    const refusal = refusalOf(node, node.name === 'call' ? emptyBalance : bookIn(emptyBalance, ledger.usage(scopeOf(node.name, scope))), bound);
    if (refusal !== undefined) return `the budget "${node.name}" has no room for it (${refusal.used} of ${refusal.limit} ${refusal.unit} used, it may need ${refusal.asked})`;
  }
  return undefined;
}

function scopeOf(budget: string, scope: CallScope): CallScope {
  return budget === 'agent' ? { run: scope.run, agent: scope.agent } : { [budget]: scope[budget] };
}
