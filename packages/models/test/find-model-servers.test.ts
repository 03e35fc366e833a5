import { once } from 'node:events';
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { findModelServers } from '../src/index.ts';

const servers: Server[] = [];
const asked: string[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }
  asked.length = 0;
});

async function serve(answers: { readonly [path: string]: unknown } | RequestListener): Promise<string> {
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    if (typeof answers === 'function') return answers(request, response);
    const answer = answers[request.url ?? ''];
    response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' }).end(JSON.stringify(answer ?? {}));
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const nowhere = 'http://127.0.0.1:1';
const empty = { ollama: nowhere, 'lm-studio': nowhere, 'llama.cpp': nowhere, vllm: nowhere };
const list = (...ids: string[]): object => ({ object: 'list', data: ids.map((id) => ({ id })) });

test('finds each server by what it answers, with its models, and sends no prompt', async () => {
  const ollama = await serve({ '/api/tags': { models: [{ name: 'qwen3-coder' }] }, '/v1/models': list('qwen3-coder') });
  const studio = await serve({ '/api/v0/models': { object: 'list', data: [{ id: 'a', state: 'loaded' }] }, '/v1/models': list('a') });
  const llama = await serve({ '/props': { default_generation_settings: { n_ctx: 1 } }, '/v1/models': list('gguf') });
  const vllm = await serve({ '/v1/models': { object: 'list', data: [{ id: 'big', owned_by: 'vllm' }] } });
  expect(await findModelServers({ timeoutMs: 5_000, places: { ollama, 'lm-studio': studio, 'llama.cpp': llama, vllm } })).toEqual([
    { name: 'ollama', baseURL: `${ollama}/v1`, models: ['qwen3-coder'] },
    { name: 'lm-studio', baseURL: `${studio}/v1`, models: ['a'] },
    { name: 'llama.cpp', baseURL: `${llama}/v1`, models: ['gguf'] },
    { name: 'vllm', baseURL: `${vllm}/v1`, models: ['big'] },
  ]);
  expect(asked.every((request) => request.startsWith('GET '))).toBe(true);
});

test('takes the models from what it is known by when it has no other list', async () => {
  const ollama = await serve({ '/api/tags': { models: [{ name: 'qwen3-coder:30b' }] } });
  expect(await findModelServers({ timeoutMs: 5_000, places: { ...empty, ollama } })).toEqual([{ name: 'ollama', baseURL: `${ollama}/v1`, models: ['qwen3-coder:30b'] }]);
});

test('takes something else on the port for nothing', async () => {
  const other = await serve({ '/': 'hello', '/v1/models': { data: [{ id: 'x', owned_by: 'somebody' }] }, '/api/tags': { tags: [] }, '/props': [] });
  expect(await findModelServers({ timeoutMs: 5_000, places: { ollama: other, 'lm-studio': other, 'llama.cpp': other, vllm: other } })).toEqual([]);
});

test('takes silence, a redirect, an endless answer and no server at all for nothing', async () => {
  const silent = await serve(() => undefined);
  const elsewhere = await serve((_, response) => void response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end());
  const endless = await serve((_, response) => {
    response.writeHead(200);
    const more = (): void => void (response.write('x'.repeat(100_000)) ? setImmediate(more) : response.once('drain', more));
    more();
  });
  expect(await findModelServers({ timeoutMs: 200, places: { ...empty, ollama: silent, 'lm-studio': elsewhere, vllm: endless } })).toEqual([]);
});
