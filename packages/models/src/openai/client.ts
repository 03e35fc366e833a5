import type OpenAI from 'openai';
import { ModelError } from '../model-error.ts';
import type { ChatSettings } from './chat.ts';

const silence = (): void => undefined;

/** A client for one call. Whatever the SDK would take from the environment is given to it, so it takes nothing. */
export async function createClient(settings: Pick<ChatSettings, 'baseURL'>, fetch: typeof globalThis.fetch): Promise<OpenAI> {
  const Client = await loadSdk();
  return new Client({
    // The real key is set on the request, after the SDK is done with the headers.
    apiKey: 'unused',
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    baseURL: settings.baseURL ?? 'https://api.openai.com/v1',
    fetch,
    maxRetries: 0,
    timeout: 2 ** 31 - 1,
    logLevel: 'off',
    logger: { error: silence, warn: silence, info: silence, debug: silence },
  });
}

async function loadSdk(): Promise<typeof OpenAI> {
  try {
    return (await import('openai')).OpenAI;
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new ModelError('FW_MODEL_SDK_MISSING', { message: 'The package "openai" is not installed. Install it: npm install openai', cause: error });
  }
}
