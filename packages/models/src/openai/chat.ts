import type { ModelProvider } from '../model.ts';
import { createBuiltRequests } from '../wire/built-requests.ts';
import type { WireSettings } from '../wire/provider-options.ts';
import { wireProvider } from '../wire/run-call.ts';
import { createChatAnswer } from './chat-answer.ts';
import { chatBody } from './chat-body.ts';
import { createClient } from './client.ts';
import { kindOfFailure } from './kind-of-failure.ts';

/** Chat completions. */
export function chatProvider(settings: WireSettings): ModelProvider {
  const request = createBuiltRequests('/chat/completions', () => createClient(settings.baseURL));
  return wireProvider(settings, {
    keyHeaders: (apiKey) => ({ authorization: `Bearer ${apiKey}` }),
    plainEvents: false,
    kindOf: kindOfFailure,
    body: (request, target) => chatBody(request, { ...target, compatible: settings.baseURL !== undefined }),
    open: (body, { send }) => request(JSON.stringify(body), send),
    createAnswer: createChatAnswer,
  });
}
