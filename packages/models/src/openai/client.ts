import type OpenAI from 'openai';
import { loadSdk } from '../wire/load-sdk.ts';

const silence = (): void => undefined;

/** Whatever the SDK would take from the environment is given to it, so it takes nothing. */
export async function createClient(baseURL: string | undefined): Promise<OpenAI> {
  const { OpenAI: Client } = await loadSdk('openai', () => import('openai'));
  return new Client({
    // It builds requests and sends none. The real key is set on the request, after the SDK is done with the headers.
    apiKey: 'unused',
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    baseURL: baseURL ?? 'https://api.openai.com/v1',
    logLevel: 'off',
    logger: { error: silence, warn: silence, info: silence, debug: silence },
  });
}
