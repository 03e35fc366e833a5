import { hash } from 'node:crypto';
import type { Agent, Json, Tool } from '@fw/agents-core';
import { fingerprintOf } from '@fw/workflow/engine-kit';
import type { Config } from './config.ts';
import { modelOf } from './model-of.ts';
import { anyKey, registryOf } from './model-registry.ts';
import { workflowOf } from './run-workflow.ts';

const roles = ['architect', 'developer', 'reviewer'] as const;

/**
 * What must not change while a run lives: the machine, the agents with their prompts, the tools, and which models the
 * agents' names stand for. Limits, budgets, keys and prices are not part of it.
 */
export function fingerprintOfRun(config: Config, agents: readonly Agent[], tools: readonly Tool[]): Json {
  const definition = workflowOf(config);
  const needed = new Set(Object.values(definition.states).flatMap((state) => ('capabilities' in state ? state.capabilities.map((one) => one.replace(/\?$/, '')) : [])));
  const taking = agents.filter(({ capabilities }) => capabilities.some((capability) => needed.has(capability)));
  const known = registryOf(config, anyKey).registry.list();
  return {
    definition: fingerprintOf(definition),
    agents: Object.fromEntries(taking.map(({ name, version = '0.0.0', fingerprint }) => [name, fingerprint === undefined ? version : `${version} ${fingerprint}`])),
    tools: Object.fromEntries(tools.map(({ name, description, inputSchema, ...tool }) => [name, digest({ description, inputSchema, effect: tool.kind === 'leaf' ? tool.effect : tool.kind } as Json)])),
    models: Object.fromEntries(roles.map((role) => {
      const name = modelOf(config, role);
      return [role, [...(known.find((entry) => entry.name === name)?.candidates ?? [name])]];
    })),
  };
}

const digest = (value: Json): string => hash('sha256', JSON.stringify(value)).slice(0, 16);
