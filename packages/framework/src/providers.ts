import { readFileSync } from 'node:fs';
import type { ModelProvider } from '@fw/models';
import { anthropic } from '@fw/models/anthropic';
import { google } from '@fw/models/google';
import { googleGenAI } from '@fw/models/google-genai';
import { openai } from '@fw/models/openai';
import { parseScript, scripted } from '@fw/models/scripted';
import type { Script } from '@fw/models/scripted';
import type { Config, ProviderConfig } from './config.ts';
import { isContributedName } from './contributed-name.ts';
import { contributedProvider } from './contributed-provider.ts';
import type { FindProvider } from './contributed-provider.ts';
import { FrameworkError } from './framework-error.ts';

export interface BuiltProviders {
  readonly providers: readonly ModelProvider[];
  /** Key values, to be kept out of everything. */
  readonly secrets: readonly string[];
}

/**
 * The providers of a config. Keys are looked up in `environment` by the names that the config gives, nowhere else; those of
 * plugins are found by `find`, and are not handed any key.
 * @throws FrameworkError `FW_KEY_MISSING`, `FW_CONFIG_INVALID`; ModelError for options that cannot work.
 */
export function buildProviders(config: Config, environment: { readonly [name: string]: string | undefined }, find: FindProvider = () => undefined): BuiltProviders {
  const secrets: string[] = [];
  const providers = Object.entries(config.providers ?? {}).map(([name, provider]) => {
    if (provider.use === 'scripted') return scripted({ name, script: readScript(name, provider) });
    if (isContributedName(provider.use)) {
      // It is granted its key by its permissions; that the key is there is looked at before a run begins.
      const own = readKey(name, provider, environment);
      if (own !== undefined) secrets.push(own);
      return contributedProvider(name, provider, find);
    }
    const build = Object.hasOwn(factories, provider.use) ? factories[provider.use] : undefined;
    if (!build) throw new FrameworkError('FW_CONFIG_INVALID', { message: `providers.${name}.use: "${provider.use}" is not a provider of this version. Known: ${[...Object.keys(factories), 'scripted'].join(', ')}, and those of plugins, as "<plugin>.<name>".` });
    const apiKey = readKey(name, provider, environment);
    if (apiKey !== undefined) secrets.push(apiKey);
    secrets.push(...Object.values(provider.headers ?? {}));
    return build({
      name,
      ...(apiKey !== undefined && { apiKey }), ...(provider.baseURL !== undefined && { baseURL: provider.baseURL }), ...(provider.headers && { headers: provider.headers }),
    }, provider);
  });
  return { providers, secrets };
}

interface Options {
  readonly name: string;
  readonly apiKey?: string;
  readonly baseURL?: string;
  readonly headers?: { readonly [name: string]: string };
}

const factories: { readonly [use: string]: (options: Options, provider: ProviderConfig) => ModelProvider } = {
  openai: (options, { api }) => openai({ ...options, ...(api && { api }) }),
  anthropic: (options) => anthropic(options),
  google: (options) => google(options),
  'google-genai': (options) => googleGenAI(options),
};

function readKey(name: string, { apiKeyEnv }: ProviderConfig, environment: { readonly [name: string]: string | undefined }): string | undefined {
  if (apiKeyEnv === undefined) return undefined;
  const key = environment[apiKeyEnv]?.trim();
  if (key) return key;
  throw new FrameworkError('FW_KEY_MISSING', { message: `providers.${name} takes its key from ${apiKeyEnv}, which is not set. Set it and try again.` });
}

function readScript(name: string, { script }: ProviderConfig): Script {
  if (script === undefined) throw new FrameworkError('FW_CONFIG_INVALID', { message: `providers.${name}.script is missing: name the script's file, or write the script.` });
  if (typeof script !== 'string') return parseScript(script, `providers.${name}.script`);
  return parseScript(readJson(name, script), `The script ${script}`);
}

function readJson(name: string, file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new FrameworkError('FW_CONFIG_INVALID', { message: `providers.${name}.script: ${file} cannot be read as JSON: ${(error as Error).message}.`, cause: error });
  }
}
