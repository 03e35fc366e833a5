import type { Config, RunLogLine } from '@fw/framework';

/** What a demonstration shows: the models it is played with, and what the journal has of it afterwards. */
export interface Scenario {
  readonly name: string;
  /** One sentence, said before it begins. */
  readonly about: string;
  /** Of the models that the agents use; `script` is the one that does the task. */
  config(script: Script): Config;
  /** What happened, in words, counted in the run's log; empty when the run shows it by itself. */
  describe(log: readonly RunLogLine[]): string;
}

/** A script of `@fw/models`, as JSON. */
export interface Script {
  readonly version: 1;
  readonly replies: readonly object[];
}

export function scriptedProvider({ version, replies }: Script): NonNullable<Config['providers']>[string] {
  return { use: 'scripted', script: { version, replies: replies as never } };
}

/** The same model for all who use one. */
export function forAllAgents(model: string): NonNullable<Config['agents']> {
  return { architect: model, developer: model, reviewer: model };
}
