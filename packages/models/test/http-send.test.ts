import * as http from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { createServer as createNetServer } from 'node:net';
import type { RequestListener } from 'node:http';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { createModel } from '../src/index.ts';
import type { Model } from '../src/index.ts';
import { openai } from '../src/openai.ts';
import type { ProviderOptions } from '../src/openai.ts';
import { isFetchUntouched } from '../src/wire/global-fetch.ts';
import { sendOverHttp } from '../src/wire/http-send.ts';
import { failureOf, hello } from './failing-models.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  vi.unstubAllGlobals();
  for (const close of closers.splice(0)) await close();
});

const answer = 'data: {"model":"m","choices":[{"delta":{"content":"Grüße"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n';
const signal = new AbortController().signal;
const sending = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}', signal };

async function listen(answering: RequestListener): Promise<string> {
  const server = http.createServer(answering).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  closers.push(() => { server.closeAllConnections(); server.close(); });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const modelAt = (origin: string, options: ProviderOptions = {}): Model => createModel(openai({ apiKey: 'key-0123456789', api: 'chat', baseURL: `${origin}/v1`, ...options }), 'm');

describe('a request over node:http', () => {
  test('is what is sent as long as nobody changed the global fetch', async () => {
    const seen: unknown[] = [];
    const listener = (message: unknown): void => void seen.push(message);
    subscribe('undici:request:create', listener);
    const origin = await listen((_, response) => response.end(answer));
    expect(isFetchUntouched()).toBe(true);
    expect((await modelAt(origin).generate(hello)).text).toBe('Grüße');
    unsubscribe('undici:request:create', listener);
    expect(seen).toEqual([]);
  });

  test('asks for no compression, and says its length and nothing of the machine', async () => {
    let headers: http.IncomingHttpHeaders = {};
    const origin = await listen((request, response) => { headers = request.headers; response.end(answer); });
    await modelAt(origin).generate(hello);
    expect(Object.keys(headers).sort()).toEqual(['accept', 'authorization', 'connection', 'content-length', 'content-type', 'host', 'user-agent']);
  });

  test.each([['gzip', gzipSync], ['deflate', deflateSync], ['br', brotliCompressSync]] as const)('understands an answer in %s that nobody asked for', async (encoding, compress) => {
    const origin = await listen((_, response) => response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': encoding }).end(compress(answer)));
    expect((await modelAt(origin).generate(hello)).text).toBe('Grüße');
  });

  test('tells a compressed answer that is cut off as one', async () => {
    const origin = await listen((_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(answer.repeat(50)).subarray(0, 60)));
    expect(['truncated', 'protocol']).toContain((await failureOf(modelAt(origin).generate(hello))).failure);
  });

  test('keeps its connection for the next one', async () => {
    const sockets = new Set<Socket>();
    const origin = await listen((request, response) => { sockets.add(request.socket); response.end(answer); });
    const model = modelAt(origin);
    for (let count = 0; count < 5; count += 1) await model.generate(hello);
    expect(sockets.size).toBe(1);
  });

  test('lets the server wait while nobody reads', async () => {
    const piece = Buffer.alloc(1024 * 1024, 'x');
    let written = 0;
    const stopped = Promise.withResolvers<void>();
    const origin = await listen((_, response) => {
      response.writeHead(200);
      while (written < 1_000 && response.write(piece)) written += 1;
      stopped.resolve();
      response.on('drain', () => { while (written < 1_000 && response.write(piece)) written += 1; });
      response.on('close', () => stopped.resolve());
    });
    const { body } = await sendOverHttp(origin, sending);
    await stopped.promise;
    await new Promise((resolve) => setTimeout(resolve, 100));
    // What fits into the buffers of two sockets.
    expect(written).toBeLessThan(100);
    let bytes = 0;
    while (bytes < 200 * piece.byteLength) bytes += (await body.next()).value?.byteLength ?? 0;
    await body.return();
  });

  test('is sent also where a test has the timers under its own clock', async () => {
    const origin = await listen((_, response) => response.end(answer));
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    expect((await sendOverHttp(origin, sending)).status).toBe(200);
  });

  test('that is aborted in the moment it was asked for reaches no server', async () => {
    let requests = 0;
    const origin = await listen((_, response) => { requests += 1; response.end(answer); });
    const abort = new AbortController();
    const reason = new Error('never mind');
    const sent = sendOverHttp(origin, { ...sending, signal: abort.signal });
    abort.abort(reason);
    await expect(sent).rejects.toBe(reason);
    expect((await sendOverHttp(origin, sending)).status).toBe(200);
    expect(requests).toBe(1);
  });

  test('that is aborted before its answer, or in the middle of it, rejects with the reason and closes the connection', async () => {
    const closed: Promise<void>[] = [];
    const arrived = Promise.withResolvers<void>();
    const origin = await listen((request, response) => {
      arrived.resolve();
      closed.push(new Promise((resolve) => request.socket.once('close', () => resolve())));
      if (request.url === '/half') response.write('half');
    });
    const reason = new Error('enough');
    const early = new AbortController();
    const waiting = sendOverHttp(origin, { ...sending, signal: early.signal });
    void arrived.promise.then(() => early.abort(reason));
    await expect(waiting).rejects.toBe(reason);
    const late = new AbortController();
    const { body } = await sendOverHttp(`${origin}/half`, { ...sending, signal: late.signal });
    await body.next();
    const next = body.next();
    late.abort(reason);
    await expect(next).rejects.toBe(reason);
    await expect(body.next()).rejects.toBe(reason);
    await Promise.all(closed);
    expect(closed).toHaveLength(2);
    await expect(sendOverHttp(origin, { ...sending, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  test.each([
    ['closes without a word', '', 'network'],
    ['speaks no HTTP', 'SSH-2.0-OpenSSH\r\n\r\n', 'network'],
    ['wants another protocol', 'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n', 'network'],
    ['sends headers without end', `HTTP/1.1 200 OK\r\nx: ${'x'.repeat(100_000)}`, 'network'],
    ['announces more than it sends', 'HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\ndata: {"choices":[]}\n\n', 'truncated'],
    ['sends a broken chunk', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n', 'truncated'],
  ])('to a server that %s is told as that', async (_, words, failure) => {
    const server = createNetServer((socket) => { socket.on('error', () => undefined); socket.once('data', () => socket.end(words)); }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    closers.push(() => server.close());
    expect(await failureOf(modelAt(`http://127.0.0.1:${(server.address() as AddressInfo).port}`).generate(hello))).toMatchObject({ failure, retryable: true });
  });
});

describe('the global fetch', () => {
  test('is used when somebody replaced it', async () => {
    const urls: string[] = [];
    vi.stubGlobal('fetch', async (url: string) => { urls.push(url); return new Response(answer); });
    expect((await modelAt('http://127.0.0.1:1').generate(hello)).text).toBe('Grüße');
    expect(urls).toEqual(['http://127.0.0.1:1/v1/chat/completions']);
  });

  test('is used when it was given proxies', async ({ skip }) => {
    const setProxies = (http as { readonly setGlobalProxyFromEnv?: (proxies: object) => () => void }).setGlobalProxyFromEnv;
    if (setProxies === undefined) return skip('This Node has no global proxies.');
    const asked: string[] = [];
    const proxy = http.createServer((request, response) => { asked.push(String(request.url)); response.end(answer); });
    proxy.on('connect', (request, socket: Socket) => { asked.push(String(request.url)); socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'); });
    proxy.listen(0, '127.0.0.1');
    await new Promise((resolve) => proxy.once('listening', resolve));
    closers.push(() => { proxy.closeAllConnections(); proxy.close(); });
    closers.push(setProxies({ http_proxy: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` }));
    await modelAt('http://model.invalid').generate(hello).catch(() => undefined);
    expect(asked.join()).toContain('model.invalid');
    expect(isFetchUntouched()).toBe(false);
  });

  test('is not the one of Node any more behind another dispatcher', () => {
    const symbol = Symbol.for('undici.globalDispatcher.1');
    const before = (globalThis as { [name: symbol]: unknown })[symbol];
    class Agent { dispatch(): boolean { return true; } }
    (globalThis as { [name: symbol]: unknown })[symbol] = new Agent();
    expect(isFetchUntouched()).toBe(false);
    (globalThis as { [name: symbol]: unknown })[symbol] = before;
    expect(isFetchUntouched()).toBe(true);
  });
});
