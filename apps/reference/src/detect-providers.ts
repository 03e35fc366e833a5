import type { Config } from '@fw/framework';
import { AppError } from './app-error.ts';
import type { Environment } from './cli-context.ts';

export interface Detected {
  /** The lowest layer of the config. */
  readonly config: Config;
  /** The given environment, with a stand-in where a server on this machine wants no key. */
  readonly environment: Environment;
}

/** Keys of providers that this version has no adapter for, by the provider's name. */
export const otherKeys: { readonly [provider: string]: readonly string[] } = {
  anthropic: ['ANTHROPIC_API_KEY'],
  google: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'],
};

/** The providers that the environment alone gives. @throws AppError `FW_USAGE` when `OPENAI_BASE_URL` is no URL. */
export function detectProviders(environment: Environment): Detected {
  const key = environment['OPENAI_API_KEY'] ?? '';
  const baseURL = environment['OPENAI_BASE_URL'] ?? '';
  if (baseURL !== '' && !/^https?:$/.test(URL.parse(baseURL)?.protocol ?? '')) {
    throw new AppError('FW_USAGE', { message: `OPENAI_BASE_URL is "${baseURL}", which is not an http or https address.` });
  }
  const place = baseURL === '' ? {} : { baseURL };
  if (key !== '') return { config: { providers: { openai: { use: 'openai', apiKeyEnv: 'OPENAI_API_KEY', ...place } } }, environment };
  if (baseURL === '' || !isLoopback(baseURL)) return { config: {}, environment };
  return {
    config: { providers: { openai: { use: 'openai', apiKeyEnv: 'FW_NO_KEY', ...place } } },
    environment: { ...environment, FW_NO_KEY: 'no-key-needed' },
  };
}

/** How to give a model, in one line; said when there is none. */
export function adviseOnModels(environment: Environment): string {
  const unusable = Object.values(otherKeys).flat().filter((name) => (environment[name] ?? '') !== '');
  const found = unusable.length === 0 ? '' : ` ${unusable.join(' and ')} ${unusable.length === 1 ? 'is' : 'are'} set, but this version has no adapter for ${unusable.length === 1 ? 'it' : 'them'} yet.`;
  return `No model is configured.${found} Set OPENAI_API_KEY (and OPENAI_BASE_URL for a compatible server) and give --model openai/<name>, or write a fw.config.json. "fw demo" needs neither.`;
}

function isLoopback(url: string): boolean {
  const { hostname } = new URL(url);
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
