import { failedWith } from '@fw/models';
import type { ModelCall, ModelEvent, ModelProvider, ModelRequest } from '@fw/models';
import type { ProviderConfig } from './config.ts';
import { FrameworkError } from './framework-error.ts';

/** Finds a provider of a plugin that runs, by the name that it contributes. */
export type FindProvider = (use: string) => ModelProvider | undefined | Promise<ModelProvider | undefined>;

/**
 * A provider of a config that a plugin contributes, under the config's name for it. It is looked up with each call, since
 * plugins come and go.
 * @throws FrameworkError `FW_CONFIG_INVALID` for what only providers of ours are told.
 */
export function contributedProvider(name: string, { use, ...rest }: ProviderConfig, find: FindProvider): ModelProvider {
  const foreign = (['baseURL', 'headers', 'api', 'script'] as const).find((key) => rest[key] !== undefined);
  if (foreign !== undefined) throw new FrameworkError('FW_CONFIG_INVALID', { message: `providers.${name}.${foreign}: "${use}" comes from a plugin, which is told nothing but its own config. Say it there: plugins: [{ use, config }].` });
  return { specVersion: 1, name, stream: (request, call) => streamOf(name, use, find, request, call) };
}

async function* streamOf(name: string, use: string, find: FindProvider, request: ModelRequest, call: ModelCall): AsyncGenerator<ModelEvent> {
  const provider = await find(use);
  if (provider === undefined) throw failedWith('network', `providers.${name}: the plugin that contributes "${use}" does not run here.`);
  yield* provider.stream(request, call);
}
