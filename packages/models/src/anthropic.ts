import type { ModelProvider } from './model.ts';
import { streamMessages } from './anthropic/messages.ts';
import { parseProviderOptions } from './wire/provider-options.ts';
import type { ProviderOptions } from './wire/provider-options.ts';

export type { Json, JsonObject, JsonSchema } from './json.ts';
export type { ModelCall, ModelEvent, ModelProvider, ModelRequest } from './model.ts';
export type { Timeouts } from './watchdog.ts';
export type { ProviderOptions } from './wire/provider-options.ts';

/**
 * Anthropic's models. Nothing is read from the environment or from disk, and `@anthropic-ai/sdk` is loaded with the
 * first call.
 * @throws ModelError FW_MODEL_CONFIG for options that cannot work.
 */
export function anthropic(options: ProviderOptions): ModelProvider {
  const settings = parseProviderOptions(options, { factory: 'anthropic', defaultName: 'anthropic', keyNeeded: false });
  return { specVersion: 1, name: settings.name, keys: settings.apiKeys.length, stream: (request, call) => streamMessages(settings, request, call) };
}
