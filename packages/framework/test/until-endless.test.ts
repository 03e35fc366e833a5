import { createServer } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import { createModelRegistry } from '@fw/models';
import { openai } from '@fw/models/openai';
import { afterEach, describe, expect, it } from 'vitest';
import { generateUntilEndless } from '../src/until-endless.ts';

let server: Server | undefined;
afterEach(() => server?.close());

/** Says one sentence as often as it is let; resolves when the other side has gone. */
async function endlessServer(sentence: string): Promise<{ readonly baseURL: string; readonly gone: Promise<number> }> {
  let said = 0;
  let leave = (_times: number): void => {};
  const gone = new Promise<number>((resolve) => { leave = resolve; });
  const http = createServer((request, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.on('close', () => leave(said));
    const next = (): void => {
      if (response.destroyed || said >= 100_000) return;
      said++;
      response.write(`data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', created: 0, model: 'm', choices: [{ index: 0, delta: { content: sentence }, finish_reason: null }] })}\n\n`, () => setImmediate(next));
    };
    next();
  });
  server = http;
  await new Promise<void>((listening) => http.listen(0, '127.0.0.1', listening));
  return { baseURL: `http://127.0.0.1:${(http.address() as AddressInfo).port}/v1`, gone };
}

describe('an answer that says one thing over and over', () => {
  it('is cut while it is streamed, and what was said and used is kept', async () => {
    const { baseURL, gone } = await endlessServer('I will look at the file once more. ');
    const registry = createModelRegistry({ providers: [openai({ baseURL, apiKey: 'unused' })], models: { a: { use: 'openai/m' } } });
    const response = await generateUntilEndless(registry.get('a'), { messages: [{ role: 'user', content: 'Go.' }] }, { key: 'k' });
    expect(response.text.startsWith('I will look at the file once more. I will look')).toBe(true);
    expect(response).toMatchObject({ toolCalls: [], finishReason: 'other', message: { role: 'assistant' }, receipt: { key: 'k', attempts: [expect.anything()] } });
    expect(response.usage.outputTokens).toBeGreaterThan(0);
    expect(await gone).toBeLessThan(10_000);
  });

  it('is not what an abort of the caller is', async () => {
    const { baseURL } = await endlessServer('A.');
    const registry = createModelRegistry({ providers: [openai({ baseURL, apiKey: 'unused' })], models: { a: { use: 'openai/m' } } });
    const stop = new AbortController();
    const asking = generateUntilEndless(registry.get('a'), { messages: [{ role: 'user', content: 'Go.' }] }, { key: 'k', signal: stop.signal, onEvent: ({ type }) => { if (type === 'text') stop.abort(new Error('enough')); } });
    await expect(asking).rejects.toThrow();
  });
});
