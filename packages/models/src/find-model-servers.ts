import { fieldsOf, listField, textField } from './wire/json-fields.ts';

/** A model server that runs on this machine. */
export interface ModelServer {
  /** `ollama`, `lm-studio`, `llama.cpp` or `vllm`. */
  readonly name: string;
  /** To be given to a provider that speaks chat completions. */
  readonly baseURL: string;
  /** The models that it offers. */
  readonly models: readonly string[];
}

export interface FindModelServersOptions {
  /** How long a server may take to answer, all questions together. Default 300 ms. */
  readonly timeoutMs?: number;
  /** Where to look for which server, instead of its usual port on 127.0.0.1. */
  readonly places?: { readonly [name in KnownServer]?: string };
}

type KnownServer = 'ollama' | 'lm-studio' | 'llama.cpp' | 'vllm';

interface Fingerprint {
  readonly name: KnownServer;
  readonly origin: string;
  /** Something that only this server answers, and the models in a body that looks like it; undefined for another one. */
  readonly path: string;
  models(body: unknown): readonly string[] | undefined;
}

const fingerprints: readonly Fingerprint[] = [
  { name: 'ollama', origin: 'http://127.0.0.1:11434', path: '/api/tags', models: (body) => textsIn(body, 'models', 'name') },
  { name: 'lm-studio', origin: 'http://127.0.0.1:1234', path: '/api/v0/models', models: (body) => (textsIn(body, 'data', 'state') === undefined ? undefined : textsIn(body, 'data', 'id')) },
  { name: 'llama.cpp', origin: 'http://127.0.0.1:8080', path: '/props', models: (body) => (isObject(fieldsOf(body)['default_generation_settings']) ? [] : undefined) },
  { name: 'vllm', origin: 'http://127.0.0.1:8000', path: '/v1/models', models: (body) => (textsIn(body, 'data', 'owned_by')?.every((owner) => owner === 'vllm') === true && listField(fieldsOf(body), 'data').length > 0 ? textsIn(body, 'data', 'id') : undefined) },
];

const maxBytes = 1_000_000;

/**
 * Looks for model servers on this machine, in the order in which they are to be preferred. Each is known by what it
 * answers, not by its port alone, and is sent no prompt. Never throws: what does not answer in time is not there.
 */
export async function findModelServers(options: FindModelServersOptions = {}): Promise<readonly ModelServer[]> {
  const { timeoutMs = 300, places = {} } = options;
  const found = await Promise.all(fingerprints.map((fingerprint) => look({ ...fingerprint, origin: places[fingerprint.name] ?? fingerprint.origin }, timeoutMs)));
  return found.flatMap((server) => server ?? []);
}

async function look({ name, origin, path, models }: Fingerprint, timeoutMs: number): Promise<ModelServer | undefined> {
  const signal = AbortSignal.timeout(timeoutMs);
  const [known, list] = await Promise.all([getJson(`${origin}${path}`, signal), getJson(`${origin}/v1/models`, signal)]);
  const own = models(known);
  if (own === undefined) return undefined;
  return { name, baseURL: `${origin}/v1`, models: textsIn(list, 'data', 'id') ?? own };
}

/** A field of each object in a list; undefined when one of them has none, or there is no list. */
function textsIn(body: unknown, list: string, name: string): readonly string[] | undefined {
  if (!Array.isArray(fieldsOf(body)[list])) return undefined;
  const items = listField(fieldsOf(body), list);
  return items.every((item) => typeof item[name] === 'string') ? items.map((item) => textField(item, name)) : undefined;
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

async function getJson(url: string, signal: AbortSignal): Promise<unknown> {
  try {
    const response = await fetch(url, { signal, redirect: 'error' });
    if (!response.ok || response.body === null) return undefined;
    const parts: Uint8Array[] = [];
    let bytes = 0;
    for await (const part of response.body) {
      bytes += part.byteLength;
      if (bytes > maxBytes) return undefined;
      parts.push(part);
    }
    return JSON.parse(Buffer.concat(parts).toString()) as unknown;
  } catch {
    return undefined;
  }
}
