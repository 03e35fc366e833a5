import { choose } from './choose.ts';
import type { Choice, Observation, OptionNumbers } from './choose.ts';
import type { FeedbackMode } from './feedback-config.ts';
import type { Knob } from './knobs.ts';
import { scaleOf, valueOf } from './value.ts';
import type { Outcome } from './value.ts';

/** A run of the past, as the policy sees it. */
export interface PastRun {
  readonly context: string;
  /** What each knob was at. */
  readonly options: { readonly [knob: string]: string };
  /** Absent while it is under way. */
  readonly outcome?: PastOutcome;
}

export interface PastOutcome extends Omit<Outcome, 'cost'> {
  /** `unknown` where a model has no price. */
  readonly costNanoUsd: number | 'unknown';
  readonly tokens: number;
}

/** What was chosen for a run, with every number that it follows from; kept with the run's input, so a replay or a fork has the same. */
export interface Decision {
  readonly specVersion: 1;
  readonly mode: Exclude<FeedbackMode, 'off'>;
  readonly context: string;
  readonly seed: string;
  readonly maxLoss: number;
  /** Runs of this workspace that it looked at. */
  readonly past: number;
  /** What each knob is at in this run, whether or not anything was chosen. */
  readonly options: { readonly [knob: string]: string };
  /** Those that there was something to choose for. */
  readonly knobs: readonly KnobDecision[];
}

export interface KnobDecision extends Omit<Choice, 'option'> {
  readonly knob: string;
  readonly fixed: string;
  readonly chosen: string;
  /** What the run has: the chosen option when active, the fixed one in shadow mode. */
  readonly applied: string;
  readonly numbers: readonly OptionNumbers[];
}

export interface DecideOptions {
  readonly mode: Exclude<FeedbackMode, 'off'>;
  readonly knobs: readonly Knob[];
  readonly context: string;
  /** Of the same workspace, oldest first. */
  readonly past: readonly PastRun[];
  readonly maxLoss: number;
  readonly seed: string;
}

/** Chooses for one run, each knob by itself; what may be lost is shared among them. Pure. */
export function decide({ mode, knobs, context, past, maxLoss, seed }: DecideOptions): Decision {
  const open = knobs.filter(({ options }) => options.length > 1);
  const values = valuesOf(past);
  const decisions = open.map(({ name, fixed, options }): KnobDecision => {
    const observed = (isHere: boolean): readonly Observation[] => values.flatMap(({ run, value }) => {
      const option = run.options[name];
      return option === undefined || !options.includes(option) || (run.context === context) !== isHere ? [] : [{ option, value }];
    });
    const underWay = past.filter((run) => run.outcome === undefined && run.context === context && (run.options[name] ?? fixed) !== fixed).length;
    const { option, ...rest } = choose({ fixed, options, observations: observed(true), elsewhere: observed(false), maxLoss: maxLoss / open.length, underWay, seed: `${seed} ${name}` });
    return { knob: name, fixed, chosen: option, applied: mode === 'active' ? option : fixed, ...rest };
  });
  const applied = new Map(decisions.map((one) => [one.knob, one.applied]));
  return {
    specVersion: 1, mode, context, seed, maxLoss, past: past.length,
    options: Object.fromEntries(knobs.map(({ name, fixed }) => [name, applied.get(name) ?? fixed])), knobs: decisions,
  };
}

/** What each run was worth, measured by what is usual in its context. One unpriced run makes tokens the cost of all. */
export function valuesOf<Run extends PastRun>(past: readonly Run[]): readonly { readonly run: Run; readonly value: number }[] {
  const ended = past.flatMap((run) => (run.outcome === undefined ? [] : [{ run, outcome: run.outcome }]));
  const isPriced = ended.every(({ outcome }) => outcome.costNanoUsd !== 'unknown');
  const costed = ended.map(({ run, outcome: { costNanoUsd, tokens, ...rest } }) => ({ run, outcome: { ...rest, cost: isPriced && costNanoUsd !== 'unknown' ? costNanoUsd : tokens } }));
  const scales = new Map([...Map.groupBy(costed, ({ run }) => run.context)].map(([context, runs]) => [context, scaleOf(runs.map(({ outcome }) => outcome))]));
  return costed.map(({ run, outcome }) => ({ run, value: valueOf(outcome, scales.get(run.context)!) }));
}
