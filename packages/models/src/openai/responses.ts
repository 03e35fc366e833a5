import type { ResponseCreateParamsStreaming } from 'openai/resources/responses/responses';
import type { ModelCall, ModelEvent, ModelRequest } from '../model.ts';
import type { WireSettings } from '../wire/provider-options.ts';
import { streamCall } from '../wire/stream-call.ts';
import { createClient } from './client.ts';
import { kindOfFailure } from './kind-of-failure.ts';
import { createResponsesAnswer } from './responses-answer.ts';
import { responsesBody } from './responses-body.ts';

/** One response as events. */
export async function* streamResponses(settings: WireSettings, request: ModelRequest, call: ModelCall): AsyncGenerator<ModelEvent, void, undefined> {
  yield* streamCall(settings, {
    keyHeaders: (apiKey) => ({ authorization: `Bearer ${apiKey}` }),
    plainEvents: false,
    kindOf: kindOfFailure,
    async open(body, { fetch, signal }) {
      const client = await createClient(settings.baseURL, fetch);
      return client.responses.create(body as unknown as ResponseCreateParamsStreaming, { signal });
    },
    createAnswer: createResponsesAnswer,
  }, responsesBody(request, { model: call.model, provider: settings.name }), call);
}
