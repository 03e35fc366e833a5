import type { ModelRegistry } from '@fw/models';
import type { Config } from '../config.ts';
import { FrameworkError } from '../framework-error.ts';
import type { MetricsStore } from '../metrics-store.ts';
import { pastRuns } from '../stats.ts';
import { contextOf } from './context-of.ts';
import { decide } from './decide.ts';
import type { Decision } from './decide.ts';
import { feedbackOf } from './feedback-config.ts';
import { knobsOf, noBudget, setTokens } from './knobs.ts';

export interface DecideRunOptions {
  readonly run: string;
  readonly workspace: string;
  readonly goal: string;
  /** Of the tree as found. */
  readonly files: number;
  readonly simulated: boolean;
  readonly now: number;
}

/** @throws FrameworkError `FW_CONFIG_INVALID` for more tokens than the budget has; ModelError for a model that cannot be had. */
export function checkChoices(config: Config, registry: Pick<ModelRegistry, 'get'>): void {
  const { mode, choices } = feedbackOf(config.feedback);
  if (mode === 'off') return;
  for (const reference of Object.values(choices.agents ?? {}).flatMap((references) => references ?? [])) registry.get(reference);
  const most = config.budgets?.run?.tokens;
  const over = choices.runTokens?.find((tokens) => most !== undefined && tokens > most);
  if (over !== undefined) throw new FrameworkError('FW_CONFIG_INVALID', { message: `feedback.choices.runTokens: ${String(over)} is more than budgets.run.tokens, which is ${String(most)}. A choice can only spend less.` });
}

/** Chooses for a new run and notes that it has begun; undefined when the config says `off`, or what is known cannot be read. */
export function decideRun(config: Config, metrics: MetricsStore, { run, workspace, goal, files, simulated, now }: DecideRunOptions): Decision | undefined {
  const { mode, maxLoss } = feedbackOf(config.feedback);
  if (mode === 'off') return undefined;
  const knobs = knobsOf(config);
  const { name: workflow } = (config.workflow?.definition ?? {}) as { readonly name?: string };
  const context = contextOf({ goal, files, simulated, ...(workflow !== undefined && { workflow }) });
  let decision: Decision | undefined;
  try {
    metrics.begin(workspace, (past) => {
      // A run of the same id that was removed is not itself its past.
      decision = decide({ mode, knobs, context, past: pastRuns(past.filter((one) => one.run !== run), now), maxLoss, seed: run });
      return { run, workspace, at: now, status: 'running', states: [], calls: [], commands: [], processes: [], feedback: feedbackPart(decision) };
    });
    return decision;
  } catch {
    // Without its past a run has the fixed choice.
    return undefined;
  }
}

/** What of a decision is kept beside the outcome of its run. */
export function feedbackPart({ context, options, knobs }: Decision): { readonly context: string; readonly options: Decision['options']; readonly knobs: Decision['knobs'] } {
  return { context, options, knobs };
}

/** The config with what was applied. */
export function withDecision(config: Config, decision: Decision | undefined): Config {
  if (decision === undefined) return config;
  const knobs = knobsOf(config);
  return decision.knobs.reduce((own, { knob, fixed, applied }) => (applied === fixed ? own : knobs.find(({ name }) => name === knob)?.set(own, applied) ?? own), config);
}

/** The tokens that were chosen for a run hold until somebody changes its budget: raising one lets a run go on. */
export function withChosenTokens(config: Config, decision: Decision | undefined, present: Config): Config {
  const chosen = decision?.knobs.find(({ knob }) => knob === 'budgets.run.tokens');
  if (chosen === undefined || chosen.applied === chosen.fixed) return config;
  const now = present.budgets?.run?.tokens;
  const isChanged = present.budgets !== undefined && (now === undefined ? noBudget : String(now)) !== chosen.fixed;
  const own = config.budgets?.run?.tokens;
  return isChanged || (own !== undefined && own <= Number(chosen.applied)) ? config : setTokens(config, chosen.applied);
}
