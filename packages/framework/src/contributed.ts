import type { Agent, AgentRegistry, Tool } from '@fw/agents-core';
import type { ModelProvider } from '@fw/models';
import type { GrantedCapabilities, PluginPermissions, PluginScope, RemoteContribution } from '@fw/plugins';
import type { Validator } from '@fw/testing';
import { isContributedName } from './contributed-name.ts';
import { remoteAgent, remoteTool, remoteValidator } from './remote-contributions.ts';
import { remoteProvider } from './remote-provider.ts';

/** What a plugin may use: it adds things by kind, and takes them away when it goes; and what its permissions give it. */
export interface PluginCapabilities extends GrantedCapabilities {
  readonly agents: { register(agent: Agent): () => void };
  readonly tools: { register(tool: Tool): () => void };
  readonly validators: { register(validator: Validator): () => void };
  /** A config names it: `providers: { <name>: { use: '<plugin>.<provider>' } }`. */
  readonly providers: { register(provider: ModelProvider): () => void };
}

/** What the plugins that run have added. */
export interface Contributed {
  readonly tools: readonly Tool[];
  readonly validators: readonly Validator[];
  readonly providers: ReadonlyMap<string, ModelProvider>;
  /** Plugins that answer as a model. */
  readonly providing: ReadonlySet<string>;
  /** What the models of an agent of an isolated plugin may cost in a run; undefined for all other agents. */
  budgetOf(agent: string): { readonly plugin: string; readonly maxUsd: number } | undefined;
  /** For a plugin that runs inline. */
  capabilitiesOf(plugin: PluginScope): Omit<PluginCapabilities, keyof GrantedCapabilities>;
  /** From a plugin in a process of its own. @throws an error of code `FW_PLUGIN_INVALID` for what is not taken from there. */
  accept(plugin: PluginScope, thing: RemoteContribution): () => void;
}

export function createContributed(agents: AgentRegistry): Contributed {
  const tools: Tool[] = [];
  const validators: Validator[] = [];
  const providers = new Map<string, ModelProvider>();
  const providing = new Set<string>();
  const budgets = new Map<string, { readonly plugin: string; readonly maxUsd: number }>();

  const addAgent = (agent: Agent, plugin: string, { models }: PluginPermissions): (() => void) => {
    const remove = agents.register(agent);
    budgets.set(agent.name, { plugin, maxUsd: models?.maxUsdPerRun ?? 0 });
    return () => {
      budgets.delete(agent.name);
      remove();
    };
  };

  const addProvider = (plugin: PluginScope, provider: ModelProvider): (() => void) => plugin.register('providers', provider.name, () => {
    if (provider.specVersion !== 1 || typeof provider.stream !== 'function') throw invalid(`Provider "${provider.name}" has no function "stream", or is not of specVersion 1.`);
    requireOwnName(plugin, 'provider', provider.name);
    providing.add(plugin.id);
    return addNamed(providers, provider.name, provider);
  });

  return {
    tools, validators, providers, providing,
    budgetOf: (agent) => budgets.get(agent),
    capabilitiesOf: (plugin) => ({
      agents: { register: (agent) => plugin.register('agents', agent.name, () => agents.register(agent)) },
      tools: { register: (tool) => plugin.register('tools', tool.name, () => addTo(tools, tool)) },
      validators: { register: (validator) => plugin.register('validators', validator.name, () => addTo(validators, validator)) },
      providers: { register: (provider) => addProvider(plugin, provider) },
    }),
    accept(plugin, thing) {
      const permissions = plugin.manifest?.permissions ?? {};
      switch (thing.kind) {
        case 'agents': return plugin.register('agents', thing.name, () => addAgent(remoteAgent(thing, plugin.id, permissions), plugin.id, permissions));
        case 'tools': return plugin.register('tools', thing.name, () => addTo(tools, remoteTool(thing)));
        case 'validators': return plugin.register('validators', thing.name, () => addTo(validators, remoteValidator(thing, permissions)));
        case 'providers': return addProvider(plugin, remoteProvider(thing));
        default: throw invalid(`This framework takes agents, providers, tools and validators of plugins, not ${thing.kind}.`);
      }
    },
  };
}

/** A config names it beside ours and beside files: only the plugin's id tells them apart. */
function requireOwnName({ id }: PluginScope, what: string, name: string): void {
  if (!name.startsWith(`${id}.`) || !isContributedName(name)) throw invalid(`The ${what} "${name}" cannot be named by a config: call it "${id}.<word>".`);
}

function addNamed<T>(map: Map<string, T>, name: string, thing: T): () => void {
  map.set(name, thing);
  return () => void map.delete(name);
}

function addTo<T>(list: T[], item: T): () => void {
  list.push(item);
  return () => {
    const index = list.indexOf(item);
    if (index !== -1) list.splice(index, 1);
  };
}

function invalid(message: string): Error {
  return Object.assign(new Error(message), { code: 'FW_PLUGIN_INVALID' });
}
