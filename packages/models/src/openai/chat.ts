import type { ChatCompletionCreateParamsStreaming } from 'openai/resources/chat/completions';
import type { ModelCall, ModelEvent, ModelRequest } from '../model.ts';
import type { WireSettings } from '../wire/provider-options.ts';
import { streamCall } from '../wire/stream-call.ts';
import { createChatAnswer } from './chat-answer.ts';
import { chatBody } from './chat-body.ts';
import { createClient } from './client.ts';
import { kindOfFailure } from './kind-of-failure.ts';

/** One chat completion as events. */
export async function* streamChat(settings: WireSettings, request: ModelRequest, call: ModelCall): AsyncGenerator<ModelEvent, void, undefined> {
  const body = chatBody(request, { model: call.model, provider: settings.name, compatible: settings.baseURL !== undefined });
  yield* streamCall(settings, {
    keyHeaders: (apiKey) => ({ authorization: `Bearer ${apiKey}` }),
    plainEvents: false,
    kindOf: kindOfFailure,
    async open(body, { fetch, signal }) {
      const client = await createClient(settings.baseURL, fetch);
      return client.chat.completions.create(body as unknown as ChatCompletionCreateParamsStreaming, { signal });
    },
    createAnswer: createChatAnswer,
  }, body, call);
}
