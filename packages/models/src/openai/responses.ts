import type { ModelProvider } from '../model.ts';
import { eventsIn } from '../wire/event-stream.ts';
import type { WireSettings } from '../wire/provider-options.ts';
import { createSharedClient } from '../wire/shared-client.ts';
import { wireProvider } from '../wire/run-call.ts';
import { createClient } from './client.ts';
import { kindOfFailure } from './kind-of-failure.ts';
import { createResponsesAnswer } from './responses-answer.ts';
import { responsesBody } from './responses-body.ts';

/** Responses. */
export function responsesProvider(settings: WireSettings): ModelProvider {
  const shared = createSharedClient((fetch) => createClient(settings.baseURL, fetch));
  return wireProvider(settings, {
    keyHeaders: (apiKey) => ({ authorization: `Bearer ${apiKey}` }),
    plainEvents: false,
    kindOf: kindOfFailure,
    body: responsesBody,
    // The method for responses looks at each value of the body once more.
    open: (body, { fetch }) => shared.use(fetch, (client, options) => client.post('/responses', { body, stream: true, ...options }).asResponse().then(eventsIn)),
    createAnswer: createResponsesAnswer,
  });
}
