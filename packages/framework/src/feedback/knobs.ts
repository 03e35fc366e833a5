import type { Config } from '../config.ts';
import { modelOf } from '../model-of.ts';
import { feedbackOf } from './feedback-config.ts';

/** One thing that is chosen for a run. Options are texts, as the journal and `fw stats` have them. */
export interface Knob {
  /** The key of the config that it sets. */
  readonly name: string;
  /** What the config says without a policy. */
  readonly fixed: string;
  /** What may be chosen, the fixed choice among it. */
  readonly options: readonly string[];
  set(config: Config, option: string): Config;
}

const roles = ['architect', 'developer', 'reviewer'] as const;
export const noBudget = 'none';

/** All that could be chosen for a run of this config. */
export function knobsOf(config: Config): readonly Knob[] {
  const { choices } = feedbackOf(config.feedback);
  const { workflow = {}, budgets } = config;
  const most = budgets?.run?.tokens;
  return [
    ...roles.map((role) => knob(`agents.${role}`, modelOf(config, role), choices.agents?.[role], (own, option) => ({ ...own, agents: { ...own.agents, [role]: option } }))),
    knob('workflow.reviewPasses', String(workflow.reviewPasses ?? 3), choices.reviewPasses, (own, option) => ({ ...own, workflow: { ...own.workflow, reviewPasses: Number(option) } })),
    knob('workflow.testScope', workflow.testScope ?? 'all', choices.testScope, (own, option) => ({ ...own, workflow: { ...own.workflow, testScope: option === 'related' ? 'related' : 'all' } })),
    knob('budgets.run.tokens', most === undefined ? noBudget : String(most), choices.runTokens, setTokens),
  ];
}

/** Sets the tokens of a run, and leaves what else is said of budgets. */
export function setTokens(config: Config, option: string): Config {
  return option === noBudget ? config : { ...config, budgets: { ...config.budgets, run: { ...config.budgets?.run, tokens: Number(option) } } };
}

function knob(name: string, fixed: string, choices: readonly (string | number)[] = [], set: Knob['set']): Knob {
  return { name, fixed, options: [...new Set([fixed, ...choices.map(String)])], set };
}
