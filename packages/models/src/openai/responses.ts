import type { ModelProvider } from '../model.ts';
import type { WireSettings } from '../wire/provider-options.ts';
import { createSharedClient } from '../wire/shared-client.ts';
import { wireProvider } from '../wire/run-call.ts';
import { createClient } from './client.ts';
import { kindOfFailure } from './kind-of-failure.ts';
import { createResponsesAnswer } from './responses-answer.ts';
import { responsesBody } from './responses-body.ts';

/** Responses. */
export function responsesProvider(settings: WireSettings): ModelProvider {
  const send = createSharedClient(() => createClient(settings.baseURL));
  return wireProvider(settings, {
    keyHeaders: (apiKey) => ({ authorization: `Bearer ${apiKey}` }),
    plainEvents: false,
    kindOf: kindOfFailure,
    body: responsesBody,
    open: (body, { fetch }) => send({ method: 'post', path: '/responses', body }, fetch),
    createAnswer: createResponsesAnswer,
  });
}
