import { z } from 'zod';

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
  /** How long a server may take to answer each question. Default 300 ms. */
  readonly timeoutMs?: number;
  /** Where to look for which server, instead of its usual port on 127.0.0.1. */
  readonly places?: { readonly [name in KnownServer]?: string };
}

type KnownServer = 'ollama' | 'lm-studio' | 'llama.cpp' | 'vllm';

interface Fingerprint {
  readonly name: KnownServer;
  readonly origin: string;
  /** Something that only this server answers, and what its body must look like. */
  readonly path: string;
  readonly body: z.ZodType;
}

const fingerprints: readonly Fingerprint[] = [
  { name: 'ollama', origin: 'http://127.0.0.1:11434', path: '/api/tags', body: z.object({ models: z.array(z.object({ name: z.string() })) }) },
  { name: 'lm-studio', origin: 'http://127.0.0.1:1234', path: '/api/v0/models', body: z.object({ object: z.literal('list'), data: z.array(z.object({ id: z.string(), state: z.string() })) }) },
  { name: 'llama.cpp', origin: 'http://127.0.0.1:8080', path: '/props', body: z.object({ default_generation_settings: z.object({}) }) },
  { name: 'vllm', origin: 'http://127.0.0.1:8000', path: '/v1/models', body: z.object({ data: z.array(z.object({ id: z.string(), owned_by: z.literal('vllm') })).min(1) }) },
];

const maxBytes = 1_000_000;
const modelList = z.object({ data: z.array(z.object({ id: z.string() })) });

/**
 * Looks for model servers on this machine, in the order in which they are to be preferred. Each is known by what it
 * answers, not by its port alone, and is sent no prompt. Never throws: what does not answer in time is not there.
 */
export async function findModelServers(options: FindModelServersOptions = {}): Promise<readonly ModelServer[]> {
  const { timeoutMs = 300, places = {} } = options;
  const found = await Promise.all(fingerprints.map((fingerprint) => look({ ...fingerprint, origin: places[fingerprint.name] ?? fingerprint.origin }, timeoutMs)));
  return found.flatMap((server) => server ?? []);
}

async function look({ name, origin, path, body }: Fingerprint, timeoutMs: number): Promise<ModelServer | undefined> {
  if (!body.safeParse(await getJson(`${origin}${path}`, timeoutMs)).success) return undefined;
  const listed = modelList.safeParse(await getJson(`${origin}/v1/models`, timeoutMs));
  return { name, baseURL: `${origin}/v1`, models: listed.success ? listed.data.data.map(({ id }) => id) : [] };
}

async function getJson(url: string, timeoutMs: number): Promise<unknown> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs), redirect: 'error' });
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
