import { readFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { conformanceScript, testProvider } from '../src/conformance.ts';
import type { TestService } from '../src/conformance.ts';
import { createModelRegistry } from '../src/index.ts';
import type { ModelProvider } from '../src/index.ts';

const file = new URL('../../../examples/models/own-provider.js', import.meta.url);
const { createLines } = (await import(file.href)) as { createLines(options: { readonly baseURL: string }): ModelProvider };

testProvider('of one\'s own, the example', (baseURL) => createLines({ baseURL }), { start: startLines });

test('the example is under 60 lines', () => {
  expect(readFileSync(file, 'utf8').trimEnd().split('\n').length).toBeLessThan(60);
});

test('the example fails, is tried again and paid for like any other', async () => {
  const service = await startLines();
  const registry = createModelRegistry({
    providers: [createLines({ baseURL: service.baseURL })],
    models: { a: { use: 'lines/m', fallback: ['lines/n'] } },
    cards: { 'lines/m': { price: { usdPerMillion: { input: 1, output: 2 } } }, 'lines/n': { price: { usdPerMillion: { input: 1, output: 2 } } } },
  });
  const { receipt, usage } = await registry.get('a').generate({ messages: [{ role: 'user', content: 'conformance: say something, broken at first' }] });
  expect(receipt.attempts.map(({ model, failure }) => [model, failure?.kind])).toEqual([['lines/m', 'server'], ['lines/n', undefined]]);
  expect(usage.costNanoUsd).toBe(10 * 1_000 + 5 * 2_000);
  await service.close();
});

/** The service that the example speaks to, answering as the conformance script says. */
async function startLines(): Promise<TestService> {
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const { model, messages } = JSON.parse(body) as { readonly model: string; readonly messages: readonly { readonly content: string }[] };
    const asked = messages.at(-1)?.content ?? '';
    if (asked.includes('broken at first') && model === 'm') return void response.writeHead(500).end();
    const { text = '', toolCalls = [] } = conformanceScript.replies.find(({ when }) => when?.lastContains !== undefined && asked.includes(when.lastContains))?.then ?? {};
    const say = (line: object): void => void response.write(`${JSON.stringify(line)}\n`);
    for (const piece of text.match(/.{1,20}/gs) ?? []) {
      say({ text: piece });
      await sleep(1);
    }
    for (const call of toolCalls) say({ tool: call.name, arguments: call.arguments });
    say({ tokens: [10, 5] });
    response.end(`${JSON.stringify({ done: true })}\n`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    baseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
