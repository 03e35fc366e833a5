import { z } from 'zod';
import type { ModelProvider } from './model.ts';
import { ModelError } from './model-error.ts';
import { streamChat } from './openai/chat.ts';
import { parseConfig } from './parse-config.ts';
import type { Timeouts } from './watchdog.ts';

export type { Json, JsonObject, JsonSchema } from './json.ts';
export type { ModelCall, ModelEvent, ModelProvider, ModelRequest } from './model.ts';
export type { Timeouts } from './watchdog.ts';

export interface OpenAIOptions {
  /** Needed unless `baseURL` is given: many servers of one's own take none. */
  readonly apiKey?: string;
  /** Of an OpenAI-compatible server, up to and including `/v1`. */
  readonly baseURL?: string;
  /** Default `openai`. */
  readonly name?: string;
  readonly headers?: { readonly [name: string]: string };
  /** Default the global one. Proxies and certificates come in through it. */
  readonly fetch?: typeof globalThis.fetch;
  /** Default `chat`, the only one so far. */
  readonly api?: 'chat';
  readonly timeouts?: Timeouts;
}

const timeout = z.number().int().positive().max(2 ** 31 - 1).optional();
const schema = z.strictObject({
  apiKey: z.string().regex(/^[\x21-\x7e]+$/, 'the key is empty or holds spaces or characters that no header can carry').optional(),
  baseURL: z.url({ protocol: /^https?$/, error: 'must be a URL with http or https' }).refine((url) => !hasCredentials(url), 'must not hold a user name or a password; pass them as headers').optional(),
  name: z.string().regex(/^[\w.-]+$/).optional(),
  headers: z.record(z.string(), z.string()).refine(areHeaders, 'hold a name or a value that HTTP cannot carry').optional(),
  fetch: z.custom<typeof globalThis.fetch>((value) => typeof value === 'function', 'must be a function').optional(),
  api: z.enum(['chat', 'responses']).optional(),
  timeouts: z.strictObject({ firstByteMs: timeout, idleMs: timeout, totalMs: timeout }).optional(),
});

/**
 * OpenAI and every server that speaks its chat completions. Nothing is read from the environment, and the `openai`
 * package is loaded with the first call.
 * @throws ModelError FW_MODEL_CONFIG for options that cannot work.
 */
export function openai(options: OpenAIOptions = {}): ModelProvider {
  const parsed = parseConfig(schema, options, 'The options of openai()');
  if (parsed.api === 'responses') {
    throw new ModelError('FW_MODEL_CONFIG', { message: 'openai() speaks chat completions only: "responses" is not there yet. Leave "api" out or write "chat".' });
  }
  if (parsed.apiKey === undefined && parsed.baseURL === undefined) {
    throw new ModelError('FW_MODEL_CONFIG', { message: 'openai() needs an apiKey, or the baseURL of a server that takes none. It does not look into the environment: pass the key.' });
  }
  const name = parsed.name ?? 'openai';
  const settings = {
    name,
    apiKey: parsed.apiKey,
    baseURL: parsed.baseURL,
    headers: parsed.headers ?? {},
    fetch: options.fetch ?? ((...parameters: Parameters<typeof globalThis.fetch>) => globalThis.fetch(...parameters)),
    timeouts: options.timeouts ?? {},
  };
  return { specVersion: 1, name, stream: (request, call) => streamChat(settings, request, call) };
}

function hasCredentials(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && (url.username !== '' || url.password !== '');
}

function areHeaders(headers: { readonly [name: string]: string }): boolean {
  try {
    return Boolean(new Headers(headers));
  } catch {
    return false;
  }
}
