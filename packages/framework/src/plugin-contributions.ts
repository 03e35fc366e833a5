import type { Agent, AgentRegistry, Tool } from '@fw/agents-core';
import { createPluginHost } from '@fw/plugins';
import type { PluginHost } from '@fw/plugins';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { Validator } from '@fw/testing';

/** What a plugin may use: it adds agents, tools and validators, and takes them away when it goes. */
export interface PluginCapabilities {
  readonly agents: { register(agent: Agent): () => void };
  readonly tools: { register(tool: Tool): () => void };
  readonly validators: { register(validator: Validator): () => void };
}

export interface Contributions {
  readonly host: PluginHost;
  readonly tools: readonly Tool[];
  readonly validators: readonly Validator[];
  /** Loads what the config lists, packages and folders, and starts it. */
  load(entries: readonly string[]): Promise<void>;
}

export function createContributions(agents: AgentRegistry, directory: string): Contributions {
  const tools: Tool[] = [];
  const validators: Validator[] = [];
  const host = createPluginHost<PluginCapabilities>({
    directory,
    context: (plugin) => ({
      agents: { register: (agent) => plugin.register('agents', agent.name, () => agents.register(agent)) },
      tools: { register: (tool) => plugin.register('tools', tool.name, () => addTo(tools, tool)) },
      validators: { register: (validator) => plugin.register('validators', validator.name, () => addTo(validators, validator)) },
    }),
  });
  return {
    host, tools, validators,
    async load(entries) {
      for (const entry of entries) {
        if (await isPlainFolder(entry, directory)) await host.load(entry);
        else await host.add(entry);
      }
      await host.initialize();
    },
  };
}

function addTo<T>(list: T[], item: T): () => void {
  list.push(item);
  return () => {
    const index = list.indexOf(item);
    if (index !== -1) list.splice(index, 1);
  };
}

/** A folder of plugins, rather than the folder of one. */
async function isPlainFolder(entry: string, directory: string): Promise<boolean> {
  if (!entry.startsWith('.') && !path.isAbsolute(entry)) return false;
  const folder = path.resolve(directory, entry);
  const exists = (file: string): Promise<boolean> => stat(file).then((found) => found.isDirectory() || found.isFile(), () => false);
  return (await stat(folder).then((found) => found.isDirectory(), () => false)) && !(await exists(path.join(folder, 'package.json')));
}
