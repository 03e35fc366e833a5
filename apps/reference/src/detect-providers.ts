import type { Config } from '@fw/framework';
import type { ModelServer } from '@fw/models';
import { AppError } from './app-error.ts';
import type { Environment } from './cli-context.ts';
import { isLoopback } from './loopback.ts';

export interface Detected {
  /** The lowest layer of the config. */
  readonly config: Config;
  /** The given environment, with a stand-in where a server on this machine wants no key. */
  readonly environment: Environment;
}

interface KnownProvider {
  /** Of the provider in the config; `--model <name>/…`. */
  readonly name: string;
  readonly use: string;
  /** The first that is set counts. */
  readonly keys: readonly string[];
  readonly baseURL: string;
}

const gemini = { keys: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'], baseURL: 'GEMINI_BASE_URL' };
const known: readonly KnownProvider[] = [
  { name: 'anthropic', use: 'anthropic', keys: ['ANTHROPIC_API_KEY'], baseURL: 'ANTHROPIC_BASE_URL' },
  { name: 'openai', use: 'openai', keys: ['OPENAI_API_KEY'], baseURL: 'OPENAI_BASE_URL' },
  { name: 'google', use: 'google', ...gemini },
  { name: 'google-genai', use: 'google-genai', ...gemini },
  { name: 'gemini', use: 'google-genai', ...gemini },
];

/** Names of the variables that hold a key, by the provider's name. */
export const keyNames: { readonly [provider: string]: readonly string[] } = Object.fromEntries(known.map(({ name, keys }) => [name, keys]));

/** The `use` of a provider that is known by this name. */
export function serviceOf(name: string): string {
  return known.find((provider) => provider.name === name)?.use ?? name;
}

/** Stands for a key where a server on this machine wants none. */
const noKey = 'FW_NO_KEY';

/** The providers that the environment alone gives. @throws AppError `FW_USAGE` when an address is no URL. */
export function detectProviders(environment: Environment): Detected {
  const found = known.flatMap((provider) => detect(provider, environment));
  if (found.length === 0) return { config: {}, environment };
  const withoutKey = found.some(([, { apiKeyEnv }]) => apiKeyEnv === noKey);
  return { config: { providers: Object.fromEntries(found) }, environment: withoutKey ? { ...environment, [noKey]: 'no-key-needed' } : environment };
}

type Entry = readonly [string, NonNullable<Config['providers']>[string]];

function detect({ name, use, keys, baseURL: place }: KnownProvider, environment: Environment): readonly Entry[] {
  const baseURL = environment[place] ?? '';
  if (baseURL !== '' && !/^https?:$/.test(URL.parse(baseURL)?.protocol ?? '')) {
    throw new AppError('FW_USAGE', { message: `${place} is "${baseURL}", which is not an http or https address.` });
  }
  const key = keys.find((candidate) => (environment[candidate] ?? '') !== '') ?? (baseURL !== '' && isLoopback(baseURL) ? noKey : undefined);
  return key === undefined ? [] : [[name, { use, apiKeyEnv: key, ...(baseURL === '' ? {} : { baseURL }) }]];
}

/** Names of the providers that model servers on this machine become. */
export const serverNames: readonly string[] = ['ollama', 'lm-studio', 'llama-cpp', 'vllm'];

/**
 * The providers that model servers on this machine give: asked only when nothing else is configured, and never a prompt.
 * The first model of the first server that has one is the `default` of all agents.
 */
export async function detectServers(environment: Environment): Promise<Config> {
  const { findModelServers } = await import('@fw/models');
  const ollama = ollamaOrigin(environment);
  const servers = await findModelServers(ollama === undefined ? {} : { places: { ollama } });
  if (servers.length === 0) return {};
  const first = servers.flatMap((server) => chatModels(server).map((model) => `${nameOf(server)}/${model}`))[0];
  return {
    providers: Object.fromEntries(servers.map((server) => [nameOf(server), { use: 'openai', baseURL: server.baseURL }])),
    ...(first === undefined ? {} : { models: { default: { use: first } } }),
  };
}

/** Where Ollama listens when its own variable says so; other machines are not asked without being configured. */
export function ollamaOrigin(environment: Environment): string | undefined {
  const said = (environment['OLLAMA_HOST'] ?? '').trim();
  const url = URL.parse(/^https?:\/\//.test(said) ? said : `http://${said}`);
  if (said === '' || url === null) return undefined;
  if (url.hostname === '0.0.0.0' || url.hostname === '[::]') url.hostname = '127.0.0.1';
  const port = url.port === '' && !/:(80|443)\/?$/.test(said) ? '11434' : url.port;
  return isLoopback(url.href) ? `${url.protocol}//${url.hostname}${port === '' ? '' : `:${port}`}` : undefined;
}

/** A name that a config may use. */
function nameOf({ name }: ModelServer): string {
  return name.replaceAll('.', '-');
}

/** Servers list what makes vectors of text beside what answers. */
function chatModels({ models }: ModelServer): readonly string[] {
  return models.filter((model) => !/embed|rerank|\bbge\b/i.test(model));
}

/** How to give a model, in one line; said when there is none. */
export const adviceOnModels =
  'No model is configured, and no model server was found on this machine. Set ANTHROPIC_API_KEY, OPENAI_API_KEY or GEMINI_API_KEY (or OPENAI_BASE_URL for a compatible server) and give --model openai/<name>, start Ollama, LM Studio, llama.cpp or vLLM, or write a fw.config.json. "fw demo" needs none of it.';
