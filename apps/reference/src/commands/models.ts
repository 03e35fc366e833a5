import type { CliContext } from '../cli-context.ts';
import { detectProviders } from '../detect-providers.ts';
import { exitCodes } from '../exit-code.ts';
import { formatTable } from '../format.ts';
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
    agents: Object.entries(config.agents ?? {}).map(([agent, model]) => ({ agent, model, from: origins[`agents.${agent}`] ?? '' })),
  };
  if (context.output !== 'text') {
    context.terminal.print(`${JSON.stringify(listed)}\n`);
    return exitCodes.success;
  }
  const keyOf = (provider: { readonly key: string | null; readonly keyIsSet: boolean }): string => (
    provider.key === null ? 'no key' : `${provider.key} (${provider.keyIsSet ? 'set' : 'not set'})`
  );
  context.terminal.print([
    listed.providers.length === 0 ? 'No provider is configured.\n' : formatTable([['PROVIDER', 'USES', 'KEY', 'ADDRESS', 'FROM'], ...listed.providers.map((provider) => [provider.name, provider.use, keyOf(provider), provider.baseURL ?? 'its own', provider.from].map((cell) => plainLine(cell, 200)))]),
    ...(listed.models.length === 0 ? [] : [formatTable([['MODEL', 'USES', 'FALLBACK', 'FROM'], ...listed.models.map((model) => [model.alias, model.use, model.fallback.join(', '), model.from].map((cell) => plainLine(cell, 200)))])]),
    ...(listed.agents.length === 0 ? [] : [formatTable([['AGENT', 'MODEL', 'FROM'], ...listed.agents.map((agent) => [agent.agent, agent.model, agent.from].map((cell) => plainLine(cell, 200)))])]),
  ].join('\n'));
  return exitCodes.success;
}
