import type { Agent, AgentRegistry, Tool } from '@fw/agents-core';
import type { ModelProvider } from '@fw/models';
import { PluginError } from '@fw/plugins';
import type { GrantedCapabilities, PluginPermissions, PluginScope, PluginStatus, RemoteContribution } from '@fw/plugins';
import type { Validator } from '@fw/testing';
import type { WorkflowDefinition } from '@fw/workflow';
import { isContributedName } from './contributed-name.ts';
import type { PluginEngine } from './engines.ts';
import { panelSchema } from './plugin-panel.ts';
import type { PluginPanel } from './plugin-panel.ts';
import { remoteAgent, remoteTool, remoteValidator } from './remote-contributions.ts';
import { remoteProvider } from './remote-provider.ts';
import { definitionProblem } from './run-workflow.ts';

/** What a plugin may use: it adds things by kind, and takes them away when it goes; and what its permissions give it. */
export interface PluginCapabilities extends GrantedCapabilities {
  readonly agents: { register(agent: Agent): () => void };
  readonly tools: { register(tool: Tool): () => void };
  readonly validators: { register(validator: Validator): () => void };
  /** A config names it: `providers: { <name>: { use: '<plugin>.<provider>' } }`. */
  readonly providers: { register(provider: ModelProvider): () => void };
  /** A config names it: `workflow: { definition: '<plugin>.<workflow>' }`. The gate stands before success in it as in any. */
  readonly workflows: { register(definition: WorkflowDefinition): () => void };
  /** The dashboard shows it beside each run that is begun from then on. */
  readonly panels: { register(panel: PluginPanel): () => void };
  /** A config names it: `engine: '<plugin>.<engine>'`. Inline alone. */
  readonly engines: { register(engine: PluginEngine): () => void };
}

/** What the plugins that run have added. */
export interface Contributed {
  readonly tools: readonly Tool[];
  readonly validators: readonly Validator[];
  readonly providers: ReadonlyMap<string, ModelProvider>;
  readonly workflows: ReadonlyMap<string, WorkflowDefinition>;
  readonly panels: ReadonlyMap<string, PluginPanel>;
  readonly engines: ReadonlyMap<string, PluginEngine>;
  /** Plugins that answer as a model. */
  readonly providing: ReadonlySet<string>;
  /** What the models of an agent of an isolated plugin may cost in a run; undefined for all other agents. */
  budgetOf(agent: string): { readonly plugin: string; readonly maxUsd: number } | undefined;
  /** For a plugin that runs inline. */
  capabilitiesOf(plugin: PluginScope): Omit<PluginCapabilities, keyof GrantedCapabilities>;
  /** Offers the validators that a plugin declares, which waits to be started: the first call of one does that. */
  declare(plugin: PluginStatus, start: () => Promise<void>): void;
  /** From a plugin in a process of its own. @throws an error of code `FW_PLUGIN_INVALID` for what is not taken from there. */
  accept(plugin: PluginScope, thing: RemoteContribution): () => void;
}

export function createContributed(agents: AgentRegistry): Contributed {
  const tools: Tool[] = [];
  const validators: Validator[] = [];
  const declared = new Map<string, Validator>();
  const providers = new Map<string, ModelProvider>();
  const workflows = new Map<string, WorkflowDefinition>();
  const panels = new Map<string, PluginPanel>();
  const engines = new Map<string, PluginEngine>();
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

  const addValidator = (plugin: PluginScope, validator: Validator): (() => void) => plugin.register('validators', validator.name, () => {
    const stand = declared.get(validator.name);
    if (stand === undefined) return addTo(validators, validator);
    declared.delete(validator.name);
    validators[validators.indexOf(stand)] = validator;
    return () => void validators.splice(validators.indexOf(validator), 1);
  });

  // What is data is kept as a copy: its plugin cannot change what was checked.
  const addWorkflow = (plugin: PluginScope, given: unknown): (() => void) => {
    const definition = structuredClone(given) as WorkflowDefinition;
    return plugin.register('workflows', definition.name, () => {
      requireOwnName(plugin, 'workflow', definition.name);
      const problem = definitionProblem(definition);
      if (problem !== undefined) throw invalid(`The workflow "${definition.name}" cannot be used: ${problem}.`);
      return addNamed(workflows, definition.name, definition);
    });
  };

  const addPanel = (plugin: PluginScope, given: unknown): (() => void) => {
    const { name } = given as PluginPanel;
    return plugin.register('panels', name, () => {
      requireOwnName(plugin, 'panel', name);
      const parsed = panelSchema.safeParse(given);
      if (!parsed.success) throw invalid(`The panel "${name}" cannot be shown: ${parsed.error.issues.slice(0, 5).map(({ path, message }) => `${path.join('.')} ${message}`).join('; ')}.`);
      return addNamed(panels, name, structuredClone(parsed.data));
    });
  };

  const addEngine = (plugin: PluginScope, engine: PluginEngine): (() => void) => plugin.register('engines', engine.name, () => {
    requireOwnName(plugin, 'engine', engine.name);
    if (typeof engine.create !== 'function') throw invalid(`The engine "${engine.name}" has no function "create".`);
    return addNamed(engines, engine.name, engine);
  });

  return {
    tools, validators, providers, workflows, panels, engines, providing,
    budgetOf: (agent) => budgets.get(agent),
    capabilitiesOf: (plugin) => ({
      agents: { register: (agent) => plugin.register('agents', agent.name, () => agents.register(agent)) },
      tools: { register: (tool) => plugin.register('tools', tool.name, () => addTo(tools, tool)) },
      validators: { register: (validator) => addValidator(plugin, validator) },
      providers: { register: (provider) => addProvider(plugin, provider) },
      workflows: { register: (definition) => addWorkflow(plugin, definition) },
      panels: { register: (panel) => addPanel(plugin, panel) },
      engines: { register: (engine) => addEngine(plugin, engine) },
    }),
    declare(plugin, start) {
      for (const name of plugin.contributes.validators ?? []) {
        const stand: Validator = {
          specVersion: 1, name,
          async validate(input) {
            await start();
            const found = validators.find((validator) => validator.name === name && validator !== stand);
            if (found !== undefined) return found.validate(input);
            throw new PluginError('FW_PLUGIN_GONE', { message: `Plugin ${plugin.id} declares the validator ${name} and did not register it.`, plugin, stage: 'initialize' });
          },
        };
        declared.set(name, stand);
        validators.push(stand);
      }
    },
    accept(plugin, thing) {
      const permissions = plugin.manifest?.permissions ?? {};
      switch (thing.kind) {
        case 'agents': return plugin.register('agents', thing.name, () => addAgent(remoteAgent(thing, plugin.id, permissions), plugin.id, permissions));
        case 'tools': return plugin.register('tools', thing.name, () => addTo(tools, remoteTool(thing)));
        case 'validators': return addValidator(plugin, remoteValidator(thing, permissions));
        case 'providers': return addProvider(plugin, remoteProvider(thing));
        case 'workflows': return addWorkflow(plugin, thing.data);
        case 'panels': return addPanel(plugin, thing.data);
        case 'engines': throw invalid('An engine is called too often, and with more than JSON: it runs inline only. Use isolation "inline".');
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
