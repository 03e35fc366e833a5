import type { GenerateContentParameters, GoogleGenAI } from '@google/genai';
import { createGoogleAnswer } from '../google/answer.ts';
import { googleRequest } from '../google/contents.ts';
import { kindOfFailure } from '../google/kind-of-failure.ts';
import type { JsonObject } from '../json.ts';
import type { ModelProvider, ModelRequest } from '../model.ts';
import { fetchWith } from '../wire/call-fetch.ts';
import { eventsOf } from '../wire/event-stream.ts';
import { loadSdk } from '../wire/load-sdk.ts';
import type { WireSettings } from '../wire/provider-options.ts';
import { wireProvider } from '../wire/run-call.ts';

/** Generated content, through `@google/genai`. */
export function generateProvider(settings: WireSettings): ModelProvider {
  let client: Promise<GoogleGenAI> | undefined;
  return wireProvider(settings, {
    keyHeaders: (apiKey) => ({ 'x-goog-api-key': apiKey }),
    plainEvents: true,
    kindOf: kindOfFailure,
    body: generateBody,
    async open(body, { model, send, signal }) {
      const { models } = await (client ??= createClient(settings.baseURL));
      return eventsOf(await models.generateContentStream({
        model,
        contents: body['contents'],
        config: { ...(body['config'] as JsonObject), abortSignal: signal(), httpOptions: { fetch: fetchWith(send) } },
      } as unknown as GenerateContentParameters));
    },
    createAnswer: createGoogleAnswer,
  });
}

/** With all of this given the SDK asks neither environment nor metadata server. The real key is set on the request. */
async function createClient(baseURL = 'https://generativelanguage.googleapis.com'): Promise<GoogleGenAI> {
  const { GoogleGenAI: Client } = await loadSdk('@google/genai', () => import('@google/genai'));
  return new Client({ apiKey: 'unused', vertexai: false, apiVersion: 'v1beta', httpOptions: { baseUrl: baseURL, apiVersion: 'v1beta' } });
}

/** What the SDK takes: the settings of a request in one flat object, to which options of the provider are added. */
function generateBody(request: ModelRequest, target: { readonly model: string; readonly provider: string }): JsonObject {
  const { contents, systemInstruction, tools, toolConfig, generationConfig } = googleRequest(request, target.model);
  const config: JsonObject = {
    ...generationConfig,
    ...(systemInstruction === undefined ? {} : { systemInstruction }),
    ...(tools === undefined ? {} : { tools }),
    ...(toolConfig === undefined ? {} : { toolConfig }),
    ...request.providerOptions?.[target.provider],
  };
  return { contents, config };
}
