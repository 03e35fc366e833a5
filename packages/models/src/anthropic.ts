import type { ModelProvider } from './model.ts';
import { messagesProvider } from './anthropic/messages.ts';
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
  return messagesProvider(parseProviderOptions(options, { factory: 'anthropic', defaultName: 'anthropic', keyNeeded: false }));
}
