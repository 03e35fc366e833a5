// How long the answer of the second model takes after the first one failed, beside an answer of the second alone:
//   node --conditions=@fw/source bench/fallback.bench.ts
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createModelRegistry } from '../src/index.ts';
import { openai } from '../src/openai.ts';

const rounds = 200;

for (const status of [500, 429]) {
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    if (body.includes('"bad"')) return void response.writeHead(status, { 'content-type': 'application/json', 'retry-after': '30' }).end('{"error":{"message":"no"}}');
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(`data: ${JSON.stringify({ model: 'good', choices: [{ index: 0, delta: { content: 'fine' }, finish_reason: null }] })}\n\n`);
    response.write(`data: ${JSON.stringify({ model: 'good', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })}\n\n`);
    response.end('data: [DONE]\n\n');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  // A registry of its own for each call: a breaker or a block would leave the first model out.
  const time = async (use: string): Promise<number> => {
    const durations: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const registry = createModelRegistry({ providers: [openai({ baseURL })], models: { a: { use: `openai/${use}`, fallback: ['openai/good'] } } });
      const started = performance.now();
      await registry.get('a').generate({ messages: [{ role: 'user', content: 'hello' }] });
      durations.push(performance.now() - started);
    }
    return durations.sort((left, right) => left - right)[rounds / 2] ?? 0;
  };
  await time('good');
  const [alone, after] = [await time('good'), await time('bad')];
  console.log(JSON.stringify({ work: `second provider's answer after HTTP ${status}, beside ${round1(alone)} ms without`, who: 'fw', value: round1(after), unit: 'ms', atMost: 10 }));
  server.closeAllConnections();
  server.close();
}

function round1(value: number): number {
  return Math.round(value * 10) / 10;
}
