import type { Anthropic } from '@anthropic-ai/sdk';
import type { ModelProvider } from '../model.ts';
import { createBuiltRequests } from '../wire/built-requests.ts';
import { loadSdk } from '../wire/load-sdk.ts';
import type { WireSettings } from '../wire/provider-options.ts';
import { wireProvider } from '../wire/run-call.ts';
import { createMessagesAnswer } from './answer.ts';
import { messagesBody } from './body.ts';
import { kindOfFailure } from './kind-of-failure.ts';

const silence = (): void => undefined;

/** Messages of Anthropic's. */
export function messagesProvider(settings: WireSettings): ModelProvider {
  const request = createBuiltRequests('/v1/messages', () => createClient(settings.baseURL));
  return wireProvider(settings, {
    keyHeaders: (apiKey) => ({ 'x-api-key': apiKey }),
    plainEvents: false,
    kindOf: kindOfFailure,
    body: messagesBody,
    open: (body, { send }) => request(JSON.stringify(body), send),
    createAnswer: createMessagesAnswer,
  });
}

/** With a key given the SDK looks neither into the environment nor for a profile. The real one is set on the request. */
async function createClient(baseURL: string | undefined): Promise<Anthropic> {
  const { Anthropic: Client } = await loadSdk('@anthropic-ai/sdk', () => import('@anthropic-ai/sdk'));
  return new Client({
    apiKey: 'unused',
    webhookKey: null,
    baseURL: baseURL ?? 'https://api.anthropic.com',
    logLevel: 'off',
    logger: { error: silence, warn: silence, info: silence, debug: silence },
    openTelemetry: false,
  });
}
