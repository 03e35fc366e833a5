import type { MessageCreateParamsStreaming } from '@anthropic-ai/sdk/resources/messages';
import type { ModelCall, ModelEvent, ModelRequest } from '../model.ts';
import { loadSdk } from '../wire/load-sdk.ts';
import type { WireSettings } from '../wire/provider-options.ts';
import { streamCall } from '../wire/stream-call.ts';
import { createMessagesAnswer } from './answer.ts';
import { messagesBody } from './body.ts';
import { kindOfFailure } from './kind-of-failure.ts';

const silence = (): void => undefined;

/** One message of Anthropic's as events. */
export async function* streamMessages(settings: WireSettings, request: ModelRequest, call: ModelCall): AsyncGenerator<ModelEvent, void, undefined> {
  yield* streamCall(settings, {
    keyHeaders: (apiKey) => ({ 'x-api-key': apiKey }),
    plainEvents: false,
    kindOf: kindOfFailure,
    async open(body, { fetch, signal }) {
      const { Anthropic } = await loadSdk('@anthropic-ai/sdk', () => import('@anthropic-ai/sdk'));
      const client = new Anthropic({
        // The real key is set on the request. With one given the SDK looks neither into the environment nor for a profile.
        apiKey: 'unused',
        webhookKey: null,
        baseURL: settings.baseURL ?? 'https://api.anthropic.com',
        fetch,
        maxRetries: 0,
        timeout: 2 ** 31 - 1,
        logLevel: 'off',
        logger: { error: silence, warn: silence, info: silence, debug: silence },
        openTelemetry: false,
      });
      return client.messages.create(body as unknown as MessageCreateParamsStreaming, { signal });
    },
    createAnswer: createMessagesAnswer,
  }, messagesBody(request, { model: call.model, provider: settings.name }), call);
}
