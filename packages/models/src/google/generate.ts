import type { GenerateContentRequest } from '@google/generative-ai';
import type { ModelCall, ModelEvent, ModelRequest } from '../model.ts';
import { loadSdk } from '../wire/load-sdk.ts';
import type { WireSettings } from '../wire/provider-options.ts';
import { streamCall } from '../wire/stream-call.ts';
import { createGoogleAnswer } from './answer.ts';
import { generateBody } from './body.ts';
import { kindOfFailure } from './kind-of-failure.ts';
import { withOwnFetch } from './with-own-fetch.ts';

/** One generated content, through `@google/generative-ai`, as events. */
export async function* streamGenerate(settings: WireSettings, request: ModelRequest, call: ModelCall): AsyncGenerator<ModelEvent, void, undefined> {
  yield* streamCall(settings, {
    keyHeaders: (apiKey) => ({ 'x-goog-api-key': apiKey }),
    plainEvents: true,
    kindOf: kindOfFailure,
    async open(body, { fetch, signal }) {
      const { GoogleGenerativeAI } = await loadSdk('@google/generative-ai', () => import('@google/generative-ai'));
      const model = new GoogleGenerativeAI('unused').getGenerativeModel(
        { model: call.model },
        { apiVersion: 'v1beta', baseUrl: settings.baseURL ?? 'https://generativelanguage.googleapis.com' },
      );
      const result = await withOwnFetch(fetch, () => model.generateContentStream(body as unknown as GenerateContentRequest, { signal }));
      // The SDK reads everything twice. Left alone, the second reading of a broken stream ends the process.
      result.response.catch(() => undefined);
      return result.stream;
    },
    createAnswer: createGoogleAnswer,
  }, generateBody(request, { model: call.model, provider: settings.name }), call);
}
