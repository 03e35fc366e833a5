import type { ModelProvider } from './model.ts';
import { chatProvider } from './openai/chat.ts';
import { responsesProvider } from './openai/responses.ts';
import { parseProviderOptions } from './wire/provider-options.ts';
import type { ProviderOptions } from './wire/provider-options.ts';

export type { Json, JsonObject, JsonSchema } from './json.ts';
export type { ModelCall, ModelEvent, ModelProvider, ModelRequest } from './model.ts';
export type { Timeouts } from './watchdog.ts';
export type { ProviderOptions } from './wire/provider-options.ts';

/** `baseURL` goes up to and including `/v1`. With one of its own a server may need no key. */
export interface OpenAIOptions extends ProviderOptions {
  /** Default `chat` with a `baseURL`, which nearly every server knows, else `responses`. */
  readonly api?: 'chat' | 'responses';
}

/**
 * OpenAI, and every server that speaks its chat completions. Nothing is read from the environment, and the `openai`
 * package is loaded with the first call.
 * @throws ModelError FW_MODEL_CONFIG for options that cannot work.
 */
export function openai(options: OpenAIOptions = {}): ModelProvider {
  const settings = parseProviderOptions(options, { factory: 'openai', defaultName: 'openai', keyNeeded: false, more: (z) => ({ api: z.enum(['chat', 'responses']).optional() }) });
  const api = options.api ?? (settings.baseURL === undefined ? 'responses' : 'chat');
  return api === 'chat' ? chatProvider(settings) : responsesProvider(settings);
}
