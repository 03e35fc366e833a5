import type { Json, Task } from '@fw/agents-core';
import type { Config } from './config.ts';
import type { PluginPanel } from './plugin-panel.ts';
import type { Decision } from './feedback/decide.ts';

/** What a run is opened with and keeps: the journal's input. */
export interface RunInput {
  readonly task: Task;
  /** Absolute folder of the user's tree. */
  readonly workspace: string;
  /** The config as it was: a run keeps its models, policy and approvals. */
  readonly config: Config;
  readonly simulated: boolean;
  readonly sandbox: 'required' | 'preferred' | 'off';
  /** What commands are contained by: `bubblewrap`, or `none: <reason>`. */
  readonly contained: string;
  /** The evaluation that it is part of, by id: what its runs spend is counted together as well. */
  readonly evaluation?: string;
  /** What was chosen for it from past runs, with the numbers; `config` has it already. */
  readonly feedback?: Decision;
  /** What plugins had the dashboard show of runs when it was begun. */
  readonly panels?: readonly PluginPanel[];
  /** Of a review alone: the tree that it looks at, and what it is compared with, in the user's words. */
  readonly review?: { readonly tree: string; readonly base: string; readonly files: number };
}

export const toJson = (input: object): Json => JSON.parse(JSON.stringify(input)) as Json;
export const readRunInput = (input: Json): RunInput => input as unknown as RunInput;
