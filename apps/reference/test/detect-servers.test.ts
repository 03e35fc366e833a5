import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ollamaOrigin } from '../src/detect-providers.ts';
import { runFw } from './start-fw.ts';
import type { Ended } from './start-fw.ts';
import { useTemporaryFolder } from './temporary-folder.ts';

const folder = useTemporaryFolder();
let server: Server;
const asked: string[] = [];

/** Ollama as far as it is asked: what it is known by, its models, and an answer. */
beforeEach(async () => {
  await mkdir(path.join(folder(), 'project'));
  asked.length = 0;
  server = createServer((request, response) => {
    asked.push(`${String(request.method)} ${String(request.url)}`);
    request.resume();
    if (request.url === '/api/tags') return void response.end(JSON.stringify({ models: [{ name: 'nomic-embed-text' }, { name: 'qwen3-coder' }] }));
    if (request.url === '/v1/models') return void response.end(JSON.stringify({ object: 'list', data: [{ id: 'nomic-embed-text' }, { id: 'qwen3-coder' }] }));
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end(`data: ${JSON.stringify({ model: 'qwen3-coder', choices: [{ index: 0, delta: { content: 'ok' }, finish_reason: 'stop' }] })}\n\ndata: [DONE]\n\n`);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

function fw(args: readonly string[], env: { readonly [name: string]: string } = {}): Promise<Ended> {
  const { port } = server.address() as AddressInfo;
  return runFw(args, { cwd: path.join(folder(), 'project'), env: { FW_HOME: path.join(folder(), 'home'), OLLAMA_HOST: `127.0.0.1:${String(port)}`, ...env } });
}

describe('a model server on this machine', () => {
  it('is used when nothing is configured, and sent no prompt before a call', async () => {
    const listed = await fw(['models', '--output', 'json']);
    expect(JSON.parse(listed.stdout)).toMatchObject({ providers: [{ name: 'ollama', use: 'openai', key: null }], models: [{ alias: 'default', use: 'ollama/qwen3-coder', simulated: false }] });
    expect(asked.sort()).toEqual(['GET /api/tags', 'GET /v1/models']);
    const tested = await fw(['models', 'test', '--output', 'json'], { HTTP_PROXY: 'http://127.0.0.1:1' });
    expect(JSON.parse(tested.stdout)).toMatchObject({ models: [{ name: 'default', status: 'answered', answeredBy: 'qwen3-coder' }] });
    expect(tested.exitCode).toBe(0);
  });

  it('is found when its name is asked for beside a key, and named in a file that does not say where it is', async () => {
    const named = await fw(['models', 'test', 'ollama/qwen3-coder', '--output', 'json']);
    expect(named.exitCode).toBe(0);
    await writeFile(path.join(folder(), 'project/fw.config.json'), JSON.stringify({ models: { coder: { use: 'ollama/qwen3-coder' } } }));
    const listed = await fw(['models', '--output', 'json']);
    expect(JSON.parse(listed.stdout)).toMatchObject({ models: [{ alias: 'coder', candidates: ['ollama/qwen3-coder'] }] });
    expect((JSON.parse(listed.stdout) as { models: unknown[] }).models).toHaveLength(1);
  });

  it('is not asked when a provider is configured or a key is set', async () => {
    await fw(['models'], { ANTHROPIC_API_KEY: 'k' });
    await fw(['run', 'x', '--model', 'openai/gpt']);
    await writeFile(path.join(folder(), 'project/fw.config.json'), JSON.stringify({ providers: { here: { use: 'scripted', script: { version: 1, replies: [{ then: { text: 'ok' } }] } } } }));
    await fw(['models']);
    expect(asked).toEqual([]);
  });

  it('that does not answer is no reason to make an answer up', async () => {
    const ended = await fw(['run', 'x', '--model', 'ollama/qwen3-coder'], { OLLAMA_HOST: '127.0.0.1:1' });
    expect(ended).toMatchObject({ exitCode: 6, stdout: '', stderr: expect.stringContaining('no ollama server answers on this machine') as string });
    expect(await fw(['run', 'x'], { OLLAMA_HOST: '127.0.0.1:1' })).toMatchObject({ exitCode: 6, stdout: '' });
  });
});

it.each([
  ['127.0.0.1:9', 'http://127.0.0.1:9'], ['0.0.0.0', 'http://127.0.0.1:11434'], ['http://localhost:80', 'http://localhost'], ['[::1]:5', 'http://[::1]:5'],
  ['models.example:11434', undefined], ['', undefined], ['://', undefined],
])('OLLAMA_HOST %j is %j: other machines are not asked', (said, origin) => {
  expect(ollamaOrigin({ OLLAMA_HOST: said })).toBe(origin);
});
