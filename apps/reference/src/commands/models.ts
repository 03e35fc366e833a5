import type { CliContext } from '../cli-context.ts';
import { detectProviders } from '../detect-providers.ts';
import { exitCodes } from '../exit-code.ts';
import { formatTable } from '../format.ts';
import { jsonLine } from '../json-line.ts';
import { readConfig } from '../open-framework.ts';
import { plainLine } from '../plain-text.ts';

/** `fw models`: what is configured. Names of keys only, never a key; nothing is called. */
export async function models(context: CliContext): Promise<number> {
  const { config, origins } = await readConfig(context, { workspace: context.directory, ...(context.config === undefined ? {} : { file: context.config }) });
  const { environment } = detectProviders(context.environment);
  const listed = {
    providers: Object.entries(config.providers ?? {}).map(([name, provider]) => ({
      name,
      use: provider.use,
      baseURL: provider.baseURL ?? null,
      key: provider.apiKeyEnv ?? null,
      keyIsSet: provider.apiKeyEnv !== undefined && (environment[provider.apiKeyEnv] ?? '') !== '',
      from: origins[`providers.${name}`] ?? '',
    })),
    models: Object.entries(config.models ?? {}).map(([alias, model]) => ({ alias, use: model.use, fallback: model.fallback ?? [], from: origins[`models.${alias}`] ?? '' })),
    agents: Object.entries(config.agents ?? {}).map(([agent, model]) => ({ agent, model: model ?? '', from: origins[`agents.${agent}`] ?? '' })),
  };
  if (context.output !== 'text') {
    context.terminal.print(jsonLine(listed));
    return exitCodes.success;
  }
  context.terminal.print([
    listed.providers.length === 0 ? 'No provider is configured.\n' : tableOf(['PROVIDER', 'USES', 'KEY', 'ADDRESS', 'FROM'], listed.providers.map((provider) => [
      provider.name, provider.use, describeKey(provider), provider.baseURL ?? 'its own', provider.from,
    ])),
    ...(listed.models.length === 0 ? [] : [tableOf(['MODEL', 'USES', 'FALLBACK', 'FROM'], listed.models.map((model) => [model.alias, model.use, model.fallback.join(', '), model.from]))]),
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
