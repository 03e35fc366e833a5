import type { Json } from '@fw/agents-core';
import type { ScriptedRun, SeenToolCall } from './scripted-run.ts';

/** A call of a golden trajectory: the tool, and the arguments that matter. */
export type TrajectoryStep = string | { readonly name: string; readonly arguments?: { readonly [name: string]: unknown } };

/** The most that a run may take. */
export interface RunBudget {
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  /** Input and output together. */
  readonly tokens?: number;
  /** An unknown cost is over every budget. */
  readonly usd?: number;
  readonly modelCalls?: number;
  readonly toolCalls?: number;
}

/** The types of the matchers, to be merged into those of vitest by whoever extends its `expect`. */
export interface RunMatchers<Returns = unknown> {
  toHaveCalledTool(name: string, input?: { readonly [name: string]: unknown }): Returns;
  toFollowTrajectory(steps: readonly TrajectoryStep[], options?: { readonly match?: 'exact' | 'ordered' | 'subset' }): Returns;
  toStayWithinBudget(budget: RunBudget): Returns;
  toEmitEvents(types: readonly string[]): Returns;
}

interface MatcherState {
  equals(left: unknown, right: unknown, testers?: readonly unknown[]): boolean;
  readonly utils: { stringify(value: unknown): string };
}
interface MatcherAnswer {
  readonly pass: boolean;
  message(): string;
}
type Matcher<Name extends keyof RunMatchers> = (this: MatcherState, run: ScriptedRun, ...parameters: Parameters<RunMatchers[Name]>) => MatcherAnswer;

/** For `expect.extend(matchers)`. All look at a run of `scriptedRun`; arguments are compared as far as they are given. */
export const matchers: { readonly [Name in keyof RunMatchers]: Matcher<Name> } = {
  toHaveCalledTool(run, name, input) {
    const pass = run.toolCalls.some((call) => matches(this, call, input === undefined ? name : { name, arguments: input }));
    return { pass, message: () => `expected the run ${pass ? 'not ' : ''}to call ${name}${input === undefined ? '' : ` with ${this.utils.stringify(input)}`}; it called ${describeCalls(this, run)}` };
  },

  toFollowTrajectory(run, steps, { match = 'ordered' } = {}) {
    const missing = missingStep(this, run.toolCalls, steps, match);
    const pass = missing === undefined;
    return { pass, message: () => `expected the run ${pass ? 'not ' : ''}to follow ${steps.map((step) => this.utils.stringify(step)).join(' → ')} (${match})${pass ? '' : `; ${missing}`}; it called ${describeCalls(this, run)}` };
  },

  toStayWithinBudget(run, budget) {
    const { inputTokens, outputTokens, costNanoUsd } = run.usage;
    const used = {
      inputTokens, outputTokens, tokens: inputTokens + outputTokens, usd: costNanoUsd === 'unknown' ? Infinity : costNanoUsd / 1e9,
      modelCalls: run.requests.length, toolCalls: run.toolCalls.length,
    };
    const names = Object.keys(used) as (keyof typeof used)[];
    const over = names.filter((name) => used[name] > (budget[name] ?? Infinity)).map((name) => `${name}: ${used[name] === Infinity ? 'unknown' : used[name]} of ${budget[name] ?? 0}`);
    const pass = over.length === 0;
    return { pass, message: () => (pass ? `expected the run not to stay within ${this.utils.stringify(budget)}` : `expected the run to stay within its budget; over it: ${over.join(', ')}`) };
  },

  toEmitEvents(run, types) {
    let at = 0;
    for (const { type } of run.events) if (type === types[at]) at++;
    const pass = at === types.length;
    return { pass, message: () => `expected the run ${pass ? 'not ' : ''}to emit ${types.join(', ')} in this order; it emitted ${run.events.map((event) => event.type).join(', ') || 'nothing'}` };
  },
};

function missingStep(state: MatcherState, calls: readonly SeenToolCall[], steps: readonly TrajectoryStep[], match: 'exact' | 'ordered' | 'subset'): string | undefined {
  if (match === 'exact' && calls.length !== steps.length) return `it has ${calls.length} calls instead of ${steps.length}`;
  const left = [...calls];
  for (const [index, step] of steps.entries()) {
    const found = match === 'exact' ? (matches(state, left[0], step) ? 0 : -1) : left.findIndex((call) => matches(state, call, step));
    if (found === -1) return `step ${index + 1} is missing`;
    // What was passed over cannot come later when the order counts.
    left.splice(match === 'subset' ? found : 0, match === 'subset' ? 1 : found + 1);
  }
  return undefined;
}

function matches(state: MatcherState, call: SeenToolCall | undefined, step: TrajectoryStep): boolean {
  const { name, arguments: wanted = {} } = typeof step === 'string' ? { name: step } : step;
  if (call?.name !== name) return false;
  const given = (typeof call.arguments === 'object' && call.arguments !== null ? call.arguments : {}) as { readonly [name: string]: Json };
  return Object.entries(wanted).every(([key, value]) => Object.hasOwn(given, key) && state.equals(given[key], value));
}

function describeCalls(state: MatcherState, run: ScriptedRun): string {
  return run.toolCalls.length === 0 ? 'none' : run.toolCalls.map((call) => `${call.name}(${state.utils.stringify(call.arguments)})`).join(', ').slice(0, 2_000);
}
