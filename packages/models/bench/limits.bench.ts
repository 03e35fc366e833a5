// 1,000 calls against a strict bucket of 100 a second, with a capacity of 100 and of 10, knowing both and learning:
//   node --conditions=@fw/source bench/limits.bench.ts
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createModel, ModelError, withRateLimit } from '../src/index.ts';
import type { ModelLimits, ModelProvider } from '../src/index.ts';

const perSecond = 100;
const calls = 1_000;

for (const capacity of [100, 10]) {
  await measure('knowing', capacity, { requestsPerMinute: perSecond * 60, burst: capacity });
  await measure('learning', capacity, {});
}

async function measure(how: string, capacity: number, limits: ModelLimits): Promise<void> {
  let [level, at, refused] = [capacity, 0, 0];
  let [first, last] = [0, 0];
  const server = createServer((request, response) => {
    request.resume();
    const now = performance.now();
    level = Math.min(capacity, level + ((now - (at || now)) / 1_000) * perSecond);
    at = now;
    if (request.method === 'POST') {
      first ||= now;
      if (level < 1) refused += 1;
      else [level, last] = [level - 1, now];
      response.statusCode = level < 0 || last !== now ? 429 : 200;
    }
    response.setHeader('x-ratelimit-limit-requests', String(perSecond * 60));
    response.setHeader('x-ratelimit-remaining-requests', String(Math.floor(level)));
    response.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const provider: ModelProvider = {
    specVersion: 1,
    name: 'bench',
    async *stream(_, call) {
      const response = await fetch(url, { method: 'POST', signal: call.signal });
      await response.arrayBuffer();
      call.onHeaders(Object.fromEntries(response.headers));
      if (!response.ok) throw new ModelError('FW_MODEL_RATE_LIMIT', { message: 'HTTP 429', failure: 'rate-limit', status: 429, retryAt: Date.now() + 10, retryable: true });
      yield { type: 'finish', reason: 'stop', raw: '' };
    },
  };
  const model = withRateLimit(createModel(provider, 'm'), { limits, maxWaitMs: 600_000 });
  await Promise.all(Array.from({ length: 5 }, () => fetch(url).then((response) => response.arrayBuffer())));
  if (how === 'learning') await ask(model);
  await Promise.all(Array.from({ length: calls }, () => ask(model)));
  const possible = capacity + ((last - first) / 1_000) * perSecond;
  const work = `${calls} calls, ${perSecond} a second, burst ${capacity}, ${how} the limit`;
  console.log(JSON.stringify({ work: `${work}: used`, who: 'fw', value: Math.round((calls / possible) * 1_000) / 10, unit: '%', atLeast: how === 'knowing' ? 97 : 95 }));
  console.log(JSON.stringify({ work: `${work}: refused`, who: 'fw', value: refused, unit: 'calls', atMost: how === 'knowing' ? 2 : calls / 100 }));
  server.closeAllConnections();
  server.close();
}

/** Until it is answered: the books count answers. */
async function ask(model: ReturnType<typeof withRateLimit>): Promise<void> {
  for (;;) {
    const failed = await model.generate({ messages: [] }).then(() => false, () => true);
    if (!failed) return;
  }
}
