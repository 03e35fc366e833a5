// 1,000 calls against a strict bucket of 100 a second, with a capacity of 100 and of 10: knowing it and learning it, beside
// two queues that know it and the SDKs with their own retries:
//   node --conditions=@fw/source bench/limits.bench.ts
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import OpenAI from 'openai';
import { createModel, ModelError, withRateLimit } from '../src/index.ts';
import type { ModelLimits, ModelProvider } from '../src/index.ts';
import { loadPeer } from './load-peer.ts';

const perSecond = 100;
const calls = 1_000;
const answer = `data: ${JSON.stringify({ model: 'm', choices: [{ index: 0, delta: { content: 'ok' }, finish_reason: 'stop' }] })}\n\ndata: [DONE]\n\n`;

const { default: PQueue } = await loadPeer<{ default: new (options: object) => { add(work: () => Promise<unknown>): Promise<unknown> } }>('p-queue');
const { default: Bottleneck } = await loadPeer<{ default: new (options: object) => { schedule(work: () => Promise<unknown>): Promise<unknown>; disconnect(): void } }>('bottleneck');
const { generateText } = await loadPeer<{ generateText(options: object): Promise<unknown> }>('ai');
const { createOpenAICompatible } = await loadPeer<{ createOpenAICompatible(options: object): (name: string) => object }>('@ai-sdk/openai-compatible');

for (const capacity of [100, 10]) {
  await measure('fw, knowing it', capacity, (url) => limited(url, { requestsPerMinute: perSecond * 60, burst: capacity }), { used: 97, refused: 2 });
  await measure('fw, learning it', capacity, async (url) => {
    const call = limited(url, {});
    await call();
    return call;
  }, { used: 95, refused: calls / 100 });
  await measure('p-queue', capacity, (url) => {
    // So many at once, and so many a second: what its settings can say.
    const queue = new PQueue({ intervalCap: Math.min(capacity, perSecond), interval: (1_000 * Math.min(capacity, perSecond)) / perSecond });
    return () => queue.add(() => post(url));
  });
  await measure('bottleneck', capacity, (url) => {
    const queue = new Bottleneck({ reservoir: capacity, reservoirIncreaseAmount: perSecond / 4, reservoirIncreaseInterval: 250, reservoirIncreaseMaximum: capacity });
    return () => queue.schedule(() => post(url));
  });
  await measure('openai SDK', capacity, (url) => {
    const client = new OpenAI({ apiKey: 'unused', baseURL: url });
    return async () => {
      for await (const chunk of await client.chat.completions.create({ model: 'm', messages: [{ role: 'user', content: 'x' }], stream: true })) void chunk;
    };
  });
  await measure('AI SDK', capacity, (url) => {
    const model = createOpenAICompatible({ name: 'bench', baseURL: url })('m');
    return () => generateText({ model, prompt: 'x' });
  });
}
process.exit();

async function measure(who: string, capacity: number, prepare: (url: string) => (() => Promise<unknown>) | Promise<() => Promise<unknown>>, bounds?: { readonly used: number; readonly refused: number }): Promise<void> {
  let [level, at, refused, answered] = [capacity, 0, 0, 0];
  let [first, last] = [0, 0];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    if (request.method !== 'POST') return void response.end();
    const now = performance.now();
    level = Math.min(capacity, level + ((now - (at || now)) / 1_000) * perSecond);
    at = now;
    first ||= now;
    const isIn = level >= 1;
    if (isIn) [level, last, answered] = [level - 1, now, answered + 1];
    else refused += 1;
    response.setHeader('x-ratelimit-limit-requests', String(perSecond * 60));
    response.setHeader('x-ratelimit-remaining-requests', String(Math.floor(level)));
    if (!isIn) return void response.writeHead(429, { 'content-type': 'application/json' }).end('{"error":{"message":"slow down"}}');
    if (body.includes('"stream":true')) return void response.writeHead(200, { 'content-type': 'text/event-stream' }).end(answer);
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ id: 'x', model: 'm', choices: [{ index: 0, message: { role: 'assistant', content: 'ok' }, finish_reason: 'stop' }] }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  // A warm connection: what is measured is the limit.
  await Promise.all(Array.from({ length: 5 }, () => fetch(url).then((response) => response.arrayBuffer())));
  const call = await prepare(url);
  const outcomes = await Promise.allSettled(Array.from({ length: calls }, call));
  const lost = outcomes.filter(({ status }) => status === 'rejected').length;
  const used = answered / (capacity + ((last - first) / 1_000) * perSecond);
  const work = `${calls} calls, ${perSecond} a second, burst ${capacity}`;
  console.log(JSON.stringify({ work: `${work}: used`, who, value: Math.round(used * 1_000) / 10, unit: '%', ...(bounds === undefined ? {} : { atLeast: bounds.used }) }));
  console.log(JSON.stringify({ work: `${work}: refused by the server`, who, value: refused, unit: 'requests', ...(bounds === undefined ? {} : { atMost: bounds.refused }) }));
  console.log(JSON.stringify({ work: `${work}: calls that failed`, who, value: lost, unit: 'calls', ...(bounds === undefined ? {} : { atMost: 0 }) }));
  server.closeAllConnections();
  server.close();
}

async function post(url: string): Promise<void> {
  const response = await fetch(url, { method: 'POST' });
  await response.arrayBuffer();
  if (!response.ok) throw new Error('HTTP 429');
}

/** Ours around the same request. A refusal is tried again at the time the server named, as the registry does. */
function limited(url: string, limits: ModelLimits): () => Promise<unknown> {
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
  return async () => {
    for (;;) if (await model.generate({ messages: [] }).then(() => true, () => false)) return;
  };
}
