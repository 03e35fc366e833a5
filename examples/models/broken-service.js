// A model service on loopback that is overloaded once and then answers, as Anthropic words it.
import { createModelRegistry } from '@fw/models';
import { anthropic } from '@fw/models/anthropic';
import { startFaultServer } from '@fw/models/fault-server';

const server = await startFaultServer({
  wire: 'anthropic',
  answers: [{ error: { failure: 'overloaded' } }, { text: 'Here I am.', usage: { inputTokens: 12, outputTokens: 4 } }],
});
const models = createModelRegistry({
  providers: [anthropic({ apiKey: 'any-key', baseURL: server.baseURL })],
  models: { coder: { use: 'anthropic/claude' } },
});
const { text, receipt } = await models.get('coder').generate({ messages: [{ role: 'user', content: 'Are you there?' }] });
console.log(receipt.attempts.map((attempt) => attempt.failure?.kind ?? 'answered').join(', ')); // overloaded, answered
console.log(text, server.bill()['any-key'].outputTokens); // Here I am. 4
await server.close();
