import type { ModelProvider } from '../model.ts';
import { createBuiltRequests } from '../wire/built-requests.ts';
import type { WireSettings } from '../wire/provider-options.ts';
import { wireProvider } from '../wire/run-call.ts';
import { createClient } from './client.ts';
import { kindOfFailure } from './kind-of-failure.ts';
import { createResponsesAnswer } from './responses-answer.ts';
import { responsesBody } from './responses-body.ts';

/** Responses. */
export function responsesProvider(settings: WireSettings): ModelProvider {
  const request = createBuiltRequests('/responses', () => createClient(settings.baseURL));
  return wireProvider(settings, {
    keyHeaders: (apiKey) => ({ authorization: `Bearer ${apiKey}` }),
    plainEvents: false,
    kindOf: kindOfFailure,
    body: responsesBody,
    open: (body, { send }) => request(JSON.stringify(body), send),
    createAnswer: createResponsesAnswer,
  });
}
