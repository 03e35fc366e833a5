import type { GenerateContentRequest } from '@google/generative-ai';
import type { ModelProvider } from '../model.ts';
import { fetchWith } from '../wire/call-fetch.ts';
import { eventsOf } from '../wire/event-stream.ts';
import { loadSdk } from '../wire/load-sdk.ts';
import type { WireSettings } from '../wire/provider-options.ts';
import { wireProvider } from '../wire/run-call.ts';
import { createGoogleAnswer } from './answer.ts';
import { generateBody } from './body.ts';
import { kindOfFailure } from './kind-of-failure.ts';
import { withOwnFetch } from './with-own-fetch.ts';

/** Generated content, through `@google/generative-ai`. */
export function generateProvider(settings: WireSettings): ModelProvider {
  return wireProvider(settings, {
    keyHeaders: (apiKey) => ({ 'x-goog-api-key': apiKey }),
    plainEvents: true,
    kindOf: kindOfFailure,
    body: generateBody,
    async open(body, { model: name, send, signal }) {
      const { GoogleGenerativeAI } = await loadSdk('@google/generative-ai', () => import('@google/generative-ai'));
      const model = new GoogleGenerativeAI('unused').getGenerativeModel(
        { model: name },
        { apiVersion: 'v1beta', baseUrl: settings.baseURL ?? 'https://generativelanguage.googleapis.com' },
      );
      const result = await withOwnFetch(fetchWith(send), () => model.generateContentStream(body as unknown as GenerateContentRequest, { signal: signal() }));
      // The SDK reads everything twice. Left alone, the second reading of a broken stream ends the process.
      result.response.catch(() => undefined);
      return eventsOf(result.stream);
    },
    createAnswer: createGoogleAnswer,
  });
}
