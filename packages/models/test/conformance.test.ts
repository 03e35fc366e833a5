import { conformanceScript, testProvider } from '../src/conformance.ts';
import { createModel } from '../src/index.ts';
import type { JsonObject, Message, ToolSpec } from '../src/index.ts';
import { openai } from '../src/openai.ts';
import { scripted } from '../src/scripted.ts';
import { done, event, open, startChatServer, usageEvent } from './chat-server.ts';

testProvider('scripted', () => scripted({ script: conformanceScript }));

testProvider('openai', (baseURL) => openai({ apiKey: 'sk-conformance', baseURL }), {
  start: () => {
    const script = createModel(scripted({ script: conformanceScript }), 'conformance');
    return startChatServer(async (response, { body }) => {
      const tools = (body['tools'] as undefined | readonly { readonly function: JsonObject }[])?.map((tool) => tool.function as unknown as ToolSpec);
      open(response);
      for await (const next of script.stream({ messages: body['messages'] as unknown as readonly Message[], ...(tools === undefined ? {} : { tools }) })) {
        if (next.type === 'text') response.write(event({ content: next.delta }));
        if (next.type === 'tool-call') response.write(event({ tool_calls: [{ id: next.id, function: { name: next.name, arguments: JSON.stringify(next.arguments) } }] }));
        if (next.type === 'usage') response.write(usageEvent({ prompt_tokens: next.usage.inputTokens, completion_tokens: next.usage.outputTokens }));
        if (next.type === 'finish') response.write(event({}, next.reason === 'tool-calls' ? 'tool_calls' : next.reason));
      }
      response.end(done);
    });
  },
});
