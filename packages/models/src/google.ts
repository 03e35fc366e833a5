import type { ModelProvider } from './model.ts';
import { generateProvider } from './google/generate.ts';
import { parseProviderOptions } from './wire/provider-options.ts';
import type { ProviderOptions } from './wire/provider-options.ts';

export type { Json, JsonObject, JsonSchema } from './json.ts';
export type { ModelCall, ModelEvent, ModelProvider, ModelRequest } from './model.ts';
export type { Timeouts } from './watchdog.ts';
export type { ProviderOptions } from './wire/provider-options.ts';

/**
 * Gemini through `@google/generative-ai`, whose upstream support has ended; `googleGenAI` is the same on its successor. Nothing is read from the environment or from a metadata server, and the SDK is loaded with the first call.
 * `baseURL` goes without the version.
 * @throws ModelError FW_MODEL_CONFIG for options that cannot work.
 */
export function google(options: ProviderOptions): ModelProvider {
  return generateProvider(parseProviderOptions(options, { factory: 'google', defaultName: 'google', keyNeeded: true }));
}
