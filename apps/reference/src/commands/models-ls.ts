import type { CliContext } from '../cli-context.ts';
import { describeModels, readModels } from '../configured-models.ts';
import { exitCodes } from '../exit-code.ts';
import { formatPrice, formatTable } from '../format.ts';
import { jsonLine } from '../json-line.ts';
import { plainLine } from '../plain-text.ts';

/** `fw models ls`: what is configured, or runs on this machine. Names of keys only, never a key; no model is called. */
export async function modelsLs(context: CliContext): Promise<number> {
  const configured = await readModels(context);
  const { config, origins, environment } = configured;
  const registry = await describeModels(context, configured);
  const { models } = await registry.lock();
  const simulated = new Set(registry.list().flatMap((entry) => (entry.simulated ? [entry.name] : [])));
  const listed = {
    providers: Object.entries(config.providers ?? {}).map(([name, provider]) => ({
      name,
      use: provider.use,
      baseURL: provider.baseURL ?? null,
      key: provider.apiKeyEnv ?? null,
      keyIsSet: provider.apiKeyEnv !== undefined && (environment[provider.apiKeyEnv] ?? '') !== '',
      from: origins[`providers.${name}`] ?? '',
    })),
    models: Object.entries(config.models ?? {}).map(([alias, model]) => ({
      alias,
      use: model.use,
      fallback: model.fallback ?? [],
      candidates: models[alias]?.candidates ?? [],
      price: models[alias]?.price ?? null,
      limits: models[alias]?.limits ?? {},
      simulated: simulated.has(alias),
      from: origins[`models.${alias}`] ?? '',
    })),
    agents: Object.entries(config.agents ?? {}).map(([agent, model]) => ({ agent, model: model ?? '', from: origins[`agents.${agent}`] ?? '' })),
  };
  if (context.output !== 'text') {
    context.terminal.print(jsonLine(listed));
    return exitCodes.success;
  }
  context.terminal.print([
    listed.providers.length === 0 ? 'No provider is configured, and no model server was found on this machine.\n' : tableOf(['PROVIDER', 'USES', 'KEY', 'ADDRESS', 'FROM'], listed.providers.map((provider) => [
      provider.name, provider.use, describeKey(provider), provider.baseURL ?? 'its own', provider.from,
    ])),
    ...(listed.models.length === 0 ? [] : [tableOf(['MODEL', 'USES', 'THEN', 'PRICE', 'LIMITS', 'FROM'], listed.models.map((model) => [
      model.alias, model.use, model.candidates.slice(1).join(', '), model.simulated ? 'simulated' : formatPrice(model.price),
      Object.entries(model.limits).map(([name, limit]) => `${name} ${String(limit)}`).join(', '), model.from,
    ]))]),
    ...(listed.agents.length === 0 ? [] : [tableOf(['AGENT', 'MODEL', 'FROM'], listed.agents.map((agent) => [agent.agent, agent.model, agent.from]))]),
  ].join('\n'));
  return exitCodes.success;
}

function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return formatTable([head, ...rows.map((row) => row.map((cell) => plainLine(cell, 200)))]);
}

function describeKey({ key, keyIsSet }: { readonly key: string | null; readonly keyIsSet: boolean }): string {
  return key === null ? 'no key' : `${key} (${keyIsSet ? 'set' : 'not set'})`;
}
