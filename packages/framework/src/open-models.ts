import { mkdir } from 'node:fs/promises';
import { createAgentRegistry } from '@fw/agents-core';
import type { ModelRegistry } from '@fw/models';
import type { Config } from './config.ts';
import { isContributedName } from './contributed-name.ts';
import { openBooks, registryOf } from './model-registry.ts';
import { createContributions } from './plugin-contributions.ts';
import type { Contributions, PluginControl } from './plugin-contributions.ts';
import { withOwnBudgets } from './run-limits.ts';

export interface OpenModelsOptions {
  readonly config: Config;
  /** Absolute; budgets and limits are shared with the runs of this home. */
  readonly home: string;
  /** Where the names of `apiKeyEnv` are looked up. */
  readonly environment: { readonly [name: string]: string | undefined };
  /** Where names of plugins are looked up; default the working directory. */
  readonly directory?: string;
  /** Who answers for the plugins of the config, which are loaded when a provider is one of theirs; default whoever calls this. */
  readonly plugins?: PluginControl;
}

export interface OpenModels {
  readonly registry: ModelRegistry;
  close(): Promise<void>;
}

/** The models of a config for calls outside of a run, in the books that the runs of this home share. @throws as `createFramework` does. */
export async function openModels({ config: given, home, environment, directory = process.cwd(), plugins: control = { grants: 'none' } }: OpenModelsOptions): Promise<OpenModels> {
  const config = withOwnBudgets(given, undefined);
  // What is wrong is said before anything is written.
  registryOf(config, environment);
  await mkdir(home, { recursive: true, mode: 0o700 });
  const books = openBooks(home);
  let contributions: Contributions | undefined;
  const close = async (): Promise<void> => {
    await contributions?.close();
    books.ledger.close();
    books.limitStore.close();
  };
  try {
    if (Object.values(config.providers ?? {}).some(({ use }) => isContributedName(use))) {
      contributions = await createContributions({ agents: createAgentRegistry([]), directory, home, config, environment, books, sandbox: 'required', control });
      await contributions.load(config.plugins ?? []);
      contributions.complete({ ...(config.providers && { providers: config.providers }) });
    }
    return { registry: registryOf(config, environment, books, contributions?.findProvider).registry, close };
  } catch (error) {
    await close();
    throw error;
  }
}
