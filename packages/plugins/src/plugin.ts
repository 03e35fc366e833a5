import type { ConfigSchema } from './config-schema.ts';
import type { Json } from './json.ts';
import type { PluginIdentity } from './plugin-error.ts';

/** What somebody else wrote: started once, asked any number of times, cleaned up once. */
export interface Plugin<Capabilities extends object = object, Result = unknown> {
  readonly specVersion: 1;
  /** Checks the user's config before `initialize`; a plugin without it takes none. */
  readonly config?: ConfigSchema<unknown>;
  initialize(context: PluginContext<Capabilities>): void | Promise<void>;
  /** Answers an event with plain JSON. */
  process?(context: ProcessContext<Capabilities>): Result | Promise<Result>;
  /** Also called when `initialize` failed half way. */
  cleanup?(): void | Promise<void>;
}

/** The capabilities that the host grants, and these members. Frozen. */
export type PluginContext<Capabilities extends object = object, Config = unknown> = Capabilities & {
  readonly plugin: PluginIdentity;
  readonly config: Config;
  /** Aborts at the stage's deadline, when the caller cancels, and when the host goes. */
  readonly signal: AbortSignal;
};

/** A PluginContext with the event that is to be answered. */
export type ProcessContext<Capabilities extends object = object, Config = unknown> = PluginContext<Capabilities, Config> & {
  readonly event: Json;
};

/** What an author writes; `config` types `context.config`. */
export interface PluginDefinition<Capabilities extends object, Result, Config> {
  readonly config?: ConfigSchema<Config>;
  initialize(context: PluginContext<Capabilities, Config>): void | Promise<void>;
  process?(context: ProcessContext<Capabilities, Config>): Result | Promise<Result>;
  cleanup?(): void | Promise<void>;
}

/** Declares a plugin: the default export of its entry. Annotate `context` to type the host's capabilities. */
export function definePlugin<Capabilities extends object = object, Result = unknown, Config = undefined>(
  definition: PluginDefinition<Capabilities, Result, Config>,
): Plugin<Capabilities, Result> {
  // The host hands over `config` only after this definition's own schema has parsed it.
  return { specVersion: 1, ...definition } as Plugin<Capabilities, Result>;
}
