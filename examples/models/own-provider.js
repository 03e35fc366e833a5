// A provider of your own is one function; limits, budgets, retries and books are put around it.
import { createModelRegistry } from '@fw/models';

const parrot = {
  specVersion: 1,
  name: 'parrot',
  async *stream(request, call) {
    const text = String(request.messages.at(-1)?.content);
    yield { type: 'start', model: call.model, attempt: call.attempt };
    yield { type: 'text', delta: text };
    const usage = { inputTokens: text.length, outputTokens: text.length, cacheReadTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0, estimated: false, costNanoUsd: 'unknown' };
    yield { type: 'usage', usage };
    yield { type: 'finish', reason: 'stop', raw: 'end' };
  },
};
const models = createModelRegistry({
  providers: [parrot],
  models: { bird: { use: 'parrot/grey' } },
  cards: { 'parrot/grey': { price: { usdPerMillion: { input: 1, output: 2 } } } },
});
const { text, usage } = await models.get('bird').generate({ messages: [{ role: 'user', content: 'Hello?' }] });
console.log(text, usage.costNanoUsd);
