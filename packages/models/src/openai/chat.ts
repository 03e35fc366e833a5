import type { ModelProvider } from '../model.ts';
import { eventsIn } from '../wire/event-stream.ts';
import type { WireSettings } from '../wire/provider-options.ts';
import { createSharedClient } from '../wire/shared-client.ts';
import { wireProvider } from '../wire/run-call.ts';
import { createChatAnswer } from './chat-answer.ts';
import { chatBody } from './chat-body.ts';
import { createClient } from './client.ts';
import { kindOfFailure } from './kind-of-failure.ts';

/** Chat completions. */
export function chatProvider(settings: WireSettings): ModelProvider {
  const shared = createSharedClient((fetch) => createClient(settings.baseURL, fetch));
  return wireProvider(settings, {
    keyHeaders: (apiKey) => ({ authorization: `Bearer ${apiKey}` }),
    plainEvents: false,
    kindOf: kindOfFailure,
    body: (request, target) => chatBody(request, { ...target, compatible: settings.baseURL !== undefined }),
    // The method for chat completions looks at each value of the body once more.
    open: (body, { fetch }) => shared.use(fetch, (client, options) => client.post('/chat/completions', { body, stream: true, ...options }).asResponse().then(eventsIn)),
    createAnswer: createChatAnswer,
  });
}
