import type { GenerateContentParameters } from '@google/genai';
import { createGoogleAnswer } from '../google/answer.ts';
import { googleRequest } from '../google/contents.ts';
import { kindOfFailure } from '../google/kind-of-failure.ts';
import type { JsonObject } from '../json.ts';
import type { ModelCall, ModelEvent, ModelRequest } from '../model.ts';
import { loadSdk } from '../wire/load-sdk.ts';
import type { WireSettings } from '../wire/provider-options.ts';
import { streamCall } from '../wire/stream-call.ts';

/** One generated content, through `@google/genai`, as events. */
export async function* streamGenerate(settings: WireSettings, request: ModelRequest, call: ModelCall): AsyncGenerator<ModelEvent, void, undefined> {
  yield* streamCall(settings, {
    keyHeaders: (apiKey) => ({ 'x-goog-api-key': apiKey }),
    plainEvents: true,
    kindOf: kindOfFailure,
    async open(body, { fetch, signal }) {
      const { GoogleGenAI } = await loadSdk('@google/genai', () => import('@google/genai'));
      // The real key is set on the request. With all of these given the SDK asks neither environment nor metadata server.
      const client = new GoogleGenAI({
        apiKey: 'unused',
        vertexai: false,
        apiVersion: 'v1beta',
        httpOptions: { baseUrl: settings.baseURL ?? 'https://generativelanguage.googleapis.com', apiVersion: 'v1beta', fetch },
      });
      return client.models.generateContentStream({
        model: call.model,
        contents: body['contents'],
        config: { ...(body['config'] as JsonObject), abortSignal: signal },
      } as unknown as GenerateContentParameters);
    },
    createAnswer: createGoogleAnswer,
  }, generateBody(request, { model: call.model, provider: settings.name }), call);
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
