import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface BillingServer {
  readonly baseURL: string;
  requests(): number;
  /** Tokens that were billed to a run, or to one call. */
  billOf(name: string): number;
  settled(): Promise<void>;
  close(): Promise<void>;
}

/** Bills the bytes of the prompt and each token it makes, also those that nobody reads any more. */
export async function startBillingServer(): Promise<BillingServer> {
  const bills = new Map<string, number>();
  let [requests, open] = [0, 0];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    requests += 1;
    const url = new URL(request.url ?? '', 'http://127.0.0.1');
    const names = [url.searchParams.get('run') ?? '', url.searchParams.get('call') ?? ''];
    const mood = (Number(body.split(' ')[0]) + Number(url.searchParams.get('attempt')) * 7) % 10;
    if (mood === 0) return void response.writeHead(500).end();
    open += 1;
    const inputTokens = Buffer.byteLength(body);
    const outputTokens = Math.min(Number(url.searchParams.get('max')), 10 + (inputTokens % 90));
    for (const name of names) bills.set(name, (bills.get(name) ?? 0) + inputTokens + outputTokens);
    if (mood === 1) {
      open -= 1;
      return void request.socket.destroy();
    }
    response.writeHead(200);
    for (let token = 0; token < outputTokens; token += 1) {
      if (token % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
      if (mood === 2 && token > outputTokens / 2) break;
      response.write('x ');
    }
    if (mood === 2) request.socket.destroy();
    else response.end(mood === 3 ? '.' : `.${inputTokens},${outputTokens}`);
    open -= 1;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    baseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    requests: () => requests,
    billOf: (name) => bills.get(name) ?? 0,
    async settled() {
      while (open > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
