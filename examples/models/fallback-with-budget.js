// A model that is overloaded, the one that answers in its place, and a budget that ends before the money does.
import { createModelRegistry } from '@fw/models';
import { anthropic } from '@fw/models/anthropic';
import { openai } from '@fw/models/openai';
import { startFaultServer } from '@fw/models/fault-server';

const busy = await startFaultServer({ wire: 'anthropic', answers: [{ error: { failure: 'overloaded' } }] });
const free = await startFaultServer({ wire: 'openai-chat', answers: [{ text: 'Here I am instead.', usage: { inputTokens: 10, outputTokens: 4 } }] });
const price = { usdPerMillion: { input: 3, output: 15 } };
const models = createModelRegistry({
  providers: [anthropic({ apiKey: 'any-key', baseURL: busy.baseURL }), openai({ apiKey: 'any-key', baseURL: free.baseURL })],
  models: { coder: { use: 'anthropic/large', fallback: ['openai/small'], limits: { requestsPerMinute: 50, concurrency: 8 } } },
  cards: { 'anthropic/large': { price }, 'openai/small': { price } },
  budgets: { run: { usd: 0.01 } },
});
models.on('fallback', ({ from, to, failure }) => console.log(`${from} → ${to}: ${failure}`));

const coder = models.get('coder');
const request = { messages: [{ role: 'user', content: 'Are you there?' }], maxOutputTokens: 500 };
const { text, usage } = await coder.generate(request, { scope: { run: 'r1' } });
console.log(text, usage.costNanoUsd);

const tooMuch = { ...request, maxOutputTokens: 5_000 };
await coder.generate(tooMuch, { scope: { run: 'r1' } }).catch((error) => console.log(error.code));
console.log(models.usage({ run: 'r1' }).costNanoUsd);
await Promise.all([busy.close(), free.close()]);
