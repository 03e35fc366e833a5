import type { Json } from '@fw/agents-core';
import { createLocalEngine } from '@fw/workflow';
import type { AgentSource, HostedRun, JournalStore, RunHost, WorkflowEngine } from '@fw/workflow';
import type { Config, EngineConfig } from './config.ts';
import { isContributedName } from './contributed-name.ts';
import { FrameworkError } from './framework-error.ts';

/** What an engine is made of. */
export interface EngineParts {
  readonly store: JournalStore;
  readonly agents: AgentSource;
  readonly host: (run: HostedRun) => RunHost | Promise<RunHost>;
  readonly redact: (value: Json) => Json;
  /** What the config says of it. */
  readonly settings: EngineConfig;
  /** It works on runs that others begin; else it only begins, watches and answers them. */
  readonly serves: boolean;
  readonly log: (message: string, data?: Json) => void;
}

/** An engine that a plugin contributes; it runs inline. */
export interface PluginEngine {
  /** `<plugin>.<word>`. */
  readonly name: string;
  /** Other processes go on with its runs when this one ends; default false. */
  readonly isElsewhere?: boolean;
  readonly create: EngineFactory;
}

/** Makes an engine on another platform; resolves when it can do what it was made for. */
export type EngineFactory = (parts: EngineParts) => Promise<WorkflowEngine>;

export interface Engines {
  /** The engine that a config or a run names. @throws FrameworkError `FW_CONFIG_INVALID` when there is none of that name. */
  of(engine: Config['engine']): Promise<WorkflowEngine>;
  /** One that works on all runs of this home. */
  serving(engine: Config['engine']): Promise<WorkflowEngine>;
  /** Other processes go on with its runs when this one ends. */
  isElsewhere(engine: Config['engine']): boolean;
  close(): Promise<void>;
}

export const settingsOf = (engine: Config['engine']): EngineConfig => (typeof engine === 'object' ? engine : { use: engine ?? 'local' });

/** The embedded engine and those that were given, each made when it is first needed. */
export function createEngines(parts: Omit<EngineParts, 'settings' | 'serves'>, present: Config['engine'], factories: { readonly [name: string]: EngineFactory }, find: (name: string) => PluginEngine): Engines {
  const made = new Map<string, Promise<WorkflowEngine>>();
  const make = async (settings: EngineConfig, serves: boolean): Promise<WorkflowEngine> => {
    if (settings.use === 'local') return createLocalEngine({ ...parts, pickUp: serves ? 'all' : 'own' });
    if (isContributedName(settings.use)) return find(settings.use).create({ ...parts, settings, serves });
    const factory = Object.hasOwn(factories, settings.use) ? factories[settings.use] : undefined;
    if (!factory) throw new FrameworkError('FW_CONFIG_INVALID', { message: `engine "${settings.use}" was not given to this framework: pass it as engines: { ${settings.use}: … }.` });
    return factory({ ...parts, settings, serves });
  };
  const once = (engine: Config['engine'], serves: boolean): Promise<WorkflowEngine> => {
    const asked = settingsOf(engine);
    // Where it is reached is a matter of now, not of when a run began.
    const settings = asked.use === settingsOf(present).use ? settingsOf(present) : asked;
    const key = `${settings.use} ${String(serves)}`;
    let engineOf = made.get(key);
    if (!engineOf) made.set(key, (engineOf = make(settings, serves)));
    return engineOf;
  };
  return {
    of: (engine) => once(engine, false),
    serving: (engine) => once(engine, true),
    isElsewhere(engine) {
      const { use } = settingsOf(engine);
      return isContributedName(use) ? find(use).isElsewhere === true : use !== 'local';
    },
    async close() {
      await Promise.allSettled([...made.values()].map(async (engine) => (await engine).close()));
    },
  };
}
