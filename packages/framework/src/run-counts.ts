import type { ToolOutput } from '@fw/agents-core';
import type { ModelResponse } from '@fw/models';
import { isLeave, responseIn } from './run-projection.ts';
import type { Left, PlacedEntry } from './run-projection.ts';

/** What went wrong between models and tools in a run; a projection of its journal. */
export interface RunCounts {
  /** Those that were asked, as `provider/model@version`. */
  readonly models: readonly string[];
  readonly modelCalls: number;
  /** Calls of tools that ran. */
  readonly toolCalls: number;
  /** Answers that could not be used as they were: tools that do not exist, input that does not fit, arguments that are no JSON, no call where one was due. */
  readonly formatFailures: number;
  /** Results that were handed in and given back to be mended. */
  readonly refusedSubmissions: number;
  /** Calls that were not made, because a write before them in the same turn had failed. */
  readonly notExecuted: number;
  /** Ends of a state because nothing moved any more, by rule; `submission` for results that were refused too often, `turns` for loops without an end. */
  readonly stuck: { readonly [rule: string]: number };
}

/** Ways to end a loop; they are answered by the loop itself, so no tool runs for them. */
const isEnding = (name: string): boolean => name === 'finish' || name.startsWith('submit_');
/** A tool of commands that does not run although nothing failed before it was refused for its time-outs. */
const commands: readonly string[] = ['run', 'run_tests'];

export function countRun(entries: readonly PlacedEntry[]): RunCounts {
  const turns = [...turnsOf(entries)];
  const ran = entries.filter(({ entry }) => entry.origin === 'tool' && entry.kind !== 'begin');
  const missing = turns.map(missingCalls);
  return {
    models: [...new Set(turns.flatMap(({ response }) => response.receipt.attempts.map(({ model }) => model)))].sort(),
    modelCalls: turns.length,
    toolCalls: ran.length,
    formatFailures: sum(missing.map(({ unknown }) => unknown)) + ran.filter((placed) => codeOf(placed) === 'invalid_input').length
      + turns.filter(({ response }) => response.toolCalls.length === 0 && response.output === undefined).length
      + sum(turns.map(({ response }) => response.receipt.attempts.filter(({ failure }) => failure?.kind === 'malformed').length)),
    refusedSubmissions: turns.filter(({ response, isLast }) => !isLast && response.toolCalls.some(({ name }) => isEnding(name))).length,
    notExecuted: sum(missing.map(({ notExecuted }) => notExecuted)),
    stuck: countStuck(entries),
  };
}

/** One answer of a model and the tools that ran for it. */
interface Turn {
  readonly response: ModelResponse;
  readonly tools: PlacedEntry[];
  isLast: boolean;
}

/** Each agent's conversations, branches of it apart: their keys have another beginning. */
function turnsOf(entries: readonly PlacedEntry[]): readonly Turn[] {
  const turns: Turn[] = [];
  const open = new Map<string, Turn>();
  for (const placed of entries) {
    const scope = placed.entry.key.slice(0, placed.entry.key.lastIndexOf('/'));
    const before = open.get(scope);
    const response = responseIn(placed);
    if (response !== undefined) {
      if (before !== undefined) before.isLast = false;
      const turn: Turn = { response, tools: [], isLast: true };
      open.set(scope, turn);
      turns.push(turn);
    } else if (placed.entry.origin === 'tool' && placed.entry.kind !== 'begin') before?.tools.push(placed);
  }
  return turns;
}

/** Calls of a turn that no tool ran for. */
function missingCalls({ response, tools }: Turn): { readonly unknown: number; readonly notExecuted: number } {
  const left = tools.map(nameOf);
  const missing = response.toolCalls.filter(({ name }) => {
    const at = left.indexOf(name);
    if (at === -1) return !isEnding(name);
    left.splice(at, 1);
    return false;
  });
  const failedBefore = tools.some((placed) => (placed.output as Partial<ToolOutput> | undefined)?.ok === false);
  const known = new Set(tools.map(nameOf));
  const notExecuted = failedBefore ? missing.filter(({ name }) => known.has(name) || writes.includes(name) || commands.includes(name)).length : 0;
  const refused = failedBefore ? 0 : missing.filter(({ name }) => commands.includes(name)).length;
  return { unknown: missing.length - notExecuted - refused, notExecuted };
}

const writes: readonly string[] = ['edit_file', 'apply_patch', 'write_file'];

function countStuck(entries: readonly PlacedEntry[]): { readonly [rule: string]: number } {
  const counts: Record<string, number> = {};
  for (const placed of entries.filter(isLeave)) {
    const { code, message = '' } = placed.output as unknown as Left;
    if (code !== 'FW_LOOP_STUCK' && code !== 'FW_LOOP_TURNS') continue;
    const rule = code === 'FW_LOOP_TURNS' ? 'turns' : /^Stopped by rule (S\d+)/.exec(message)?.[1] ?? 'submission';
    counts[rule] = (counts[rule] ?? 0) + 1;
  }
  return counts;
}

const nameOf = ({ step }: PlacedEntry): string => step.replace(/^tool\./, '');
const codeOf = ({ output }: PlacedEntry): string | undefined => (output as Partial<ToolOutput> | undefined)?.code;
const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
