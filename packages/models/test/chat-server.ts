import { createServer } from 'node:http';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import type { JsonObject } from '../src/index.ts';

/** A request as the server saw it. */
export interface SeenRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: JsonObject;
  /** 0 for the first request of this server. */
  readonly number: number;
  /** Resolves when the connection is closed before the answer was complete. */
  readonly hungUp: Promise<void>;
}

export interface ChatServer {
  readonly baseURL: string;
  readonly requests: readonly SeenRequest[];
  close(): Promise<void>;
}

/** A chat completions server on loopback whose every answer is played by the test. */
export async function startChatServer(play: (response: ServerResponse, request: SeenRequest) => void | Promise<void>): Promise<ChatServer> {
  const requests: SeenRequest[] = [];
  const server = createServer(async (incoming, response) => {
    const parts: Buffer[] = [];
    for await (const part of incoming) parts.push(part as Buffer);
    const hungUp = once(response, 'close').then(() => (response.writableFinished ? new Promise<void>(() => undefined) : undefined));
    const request: SeenRequest = {
      path: incoming.url ?? '',
      headers: incoming.headers,
      body: JSON.parse(Buffer.concat(parts).toString() || '{}') as JsonObject,
      number: requests.length,
      hungUp,
    };
    requests.push(request);
    await play(response, request);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    baseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Begins an event stream. */
export function open(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
}

/** One chunk of a completion as the line of an event. */
export function event(delta: JsonObject, finish: string | null = null, more: JsonObject = {}): string {
  return `data: ${JSON.stringify({ id: 'c1', object: 'chat.completion.chunk', model: 'served-model', choices: [{ index: 0, delta, finish_reason: finish }], ...more })}\n\n`;
}

function usageEvent(usage: JsonObject): string {
  return `data: ${JSON.stringify({ id: 'c1', object: 'chat.completion.chunk', model: 'served-model', choices: [], usage })}\n\n`;
}

const done = 'data: [DONE]\n\n';

/** A whole, healthy answer. */
export function say(response: ServerResponse, text: string): void {
  open(response);
  const half = Math.ceil(text.length / 2);
  for (const content of [text.slice(0, half), text.slice(half)]) response.write(event({ content }));
  response.end(event({}, 'stop') + usageEvent({ prompt_tokens: 10, completion_tokens: 5 }) + done);
}

/** An error as the service words it. */
export function refuse(response: ServerResponse, status: number, error: JsonObject = {}, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify({ error: { message: `status ${status}`, type: null, code: null, ...error } }));
}
