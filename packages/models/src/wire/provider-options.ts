import type { z } from 'zod';
import { loadZod, withZod } from '../with-zod.ts';
import type { Zod } from '../with-zod.ts';
import { ModelError } from '../model-error.ts';
import { parseConfig } from '../parse-config.ts';
import type { Timeouts } from '../watchdog.ts';

/** What every provider that talks to a service takes. */
export interface ProviderOptions {
  /** One key, or several to choose from. It is not looked for in the environment. */
  readonly apiKey?: string | readonly string[];
  readonly baseURL?: string;
  /** How models of this provider are referred to. Default the provider's own name. */
  readonly name?: string;
  readonly headers?: { readonly [name: string]: string };
  /**
   * Default the global one, with the proxies and certificates that were given to it. As long as nobody changed that one,
   * requests go over `node:http` in its place, which costs less.
   */
  readonly fetch?: typeof globalThis.fetch;
  readonly timeouts?: Timeouts;
}

/** The options with their defaults. */
export interface WireSettings {
  readonly name: string;
  readonly apiKeys: readonly string[];
  readonly baseURL: string | undefined;
  readonly headers: { readonly [name: string]: string };
  readonly fetch: typeof globalThis.fetch | undefined;
  readonly timeouts: Timeouts;
}

/** @throws ModelError FW_MODEL_CONFIG for options that cannot work; none of its messages repeats a value. */
export function parseProviderOptions(
  options: ProviderOptions,
  what: { readonly factory: string; readonly defaultName: string; readonly more?: (z: Zod) => z.ZodRawShape; readonly keyNeeded: boolean },
): WireSettings {
  const parsed = parseConfig(schema.extend(what.more?.(loadZod()) ?? {}), options, `The options of ${what.factory}()`) as unknown as ProviderOptions;
  const apiKeys = parsed.apiKey === undefined ? [] : typeof parsed.apiKey === 'string' ? [parsed.apiKey] : parsed.apiKey;
  if (apiKeys.length === 0 && (what.keyNeeded || parsed.baseURL === undefined)) {
    const otherwise = what.keyNeeded ? '' : ', or the baseURL of a server that takes none';
    throw new ModelError('FW_MODEL_CONFIG', { message: `${what.factory}() needs an apiKey${otherwise}. It does not look into the environment: pass the key.` });
  }
  return {
    name: parsed.name ?? what.defaultName,
    apiKeys,
    baseURL: parsed.baseURL,
    headers: parsed.headers ?? {},
    fetch: options.fetch,
    timeouts: options.timeouts ?? {},
  };
}

const timeout = withZod((z) => z.number().int().positive().max(2 ** 31 - 1).optional());
const apiKey = withZod((z) => z.string().regex(/^[\x21-\x7e]+$/, 'the key is empty or holds spaces or characters that no header can carry'));
const schema = withZod((z) => z.strictObject({
  apiKey: z.union([apiKey, z.array(apiKey)], 'the key is empty or holds spaces or characters that no header can carry').optional(),
  baseURL: z.url({ protocol: /^https?$/, error: 'must be a URL with http or https' }).refine((url) => !hasCredentials(url), 'must not hold a user name or a password; pass them as headers').optional(),
  name: z.string().regex(/^[\w.-]+$/).optional(),
  headers: z.record(z.string(), z.string()).refine(areHeaders, 'hold a name or a value that HTTP cannot carry').optional(),
  fetch: z.custom<typeof globalThis.fetch>((value) => typeof value === 'function', 'must be a function').optional(),
  timeouts: z.strictObject({ firstByteMs: timeout, idleMs: timeout, totalMs: timeout }).optional(),
}));

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
