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
  fingerprint('ollama', 'http://127.0.0.1:11434', '/api/tags', z.object({ models: z.array(z.object({ name: z.string() })) }), ({ models }) => models.map(({ name }) => name)),
  fingerprint('lm-studio', 'http://127.0.0.1:1234', '/api/v0/models', z.object({ object: z.literal('list'), data: z.array(z.object({ id: z.string(), state: z.string() })) }), ({ data }) => data.map(({ id }) => id)),
  fingerprint('llama.cpp', 'http://127.0.0.1:8080', '/props', z.object({ default_generation_settings: z.object({}) }), () => []),
  fingerprint('vllm', 'http://127.0.0.1:8000', '/v1/models', z.object({ data: z.array(z.object({ id: z.string(), owned_by: z.literal('vllm') })).min(1) }), ({ data }) => data.map(({ id }) => id)),
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

function fingerprint<Body>(name: KnownServer, origin: string, path: string, schema: z.ZodType<Body>, models: (body: Body) => readonly string[]): Fingerprint {
  return {
    name, origin, path,
    models(body) {
      const parsed = schema.safeParse(body);
      return parsed.success ? models(parsed.data) : undefined;
    },
  };
}

async function look({ name, origin, path, models }: Fingerprint, timeoutMs: number): Promise<ModelServer | undefined> {
  const signal = AbortSignal.timeout(timeoutMs);
  const [known, list] = await Promise.all([getJson(`${origin}${path}`, signal), getJson(`${origin}/v1/models`, signal)]);
  const own = models(known);
  if (own === undefined) return undefined;
  const listed = modelList.safeParse(list);
  return { name, baseURL: `${origin}/v1`, models: listed.success ? listed.data.data.map(({ id }) => id) : own };
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
