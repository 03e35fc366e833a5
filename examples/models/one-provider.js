// One provider and one model: a whole answer, a streamed one, and what they used.
import { createModelRegistry } from '@fw/models';
import { openai } from '@fw/models/openai';
import { startFaultServer } from '@fw/models/fault-server';

// In place of the real service, so that this runs without a key. Leave baseURL out to ask OpenAI itself.
const service = await startFaultServer({ wire: 'openai-chat', answers: { text: ['Hello ', 'there.'], usage: { inputTokens: 12, outputTokens: 3 } } });
const models = createModelRegistry({
  providers: [openai({ apiKey: 'any-key', baseURL: service.baseURL })],
  models: { greeter: { use: 'openai/gpt-4o-mini' } },
});
const greeter = models.get('greeter');
const request = { messages: [{ role: 'user', content: 'Hello?' }] };

const { text, finishReason, usage } = await greeter.generate(request);
console.log(text, finishReason, usage.inputTokens, usage.outputTokens, usage.costNanoUsd);

for await (const event of greeter.stream(request)) if (event.type === 'text') process.stdout.write(`[${event.delta}]`);
console.log();
console.log(models.usage().outputTokens, 'tokens in all');
await service.close();
