import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server on loopback that answers a POST as long as its bucket has something left, and else with 429. */
export interface BucketServer {
  readonly baseURL: string;
  readonly answered: number[];
  refused: number;
  close(): Promise<void>;
}

/** Its clock starts with its first request, which on a busy machine comes later than it was sent: `slackMs` covers that. */
export async function startBucketServer(perSecond: number, capacity: number, slackMs: number): Promise<BucketServer> {
  let level = capacity;
  let at: number | undefined;
  const least = 1 - (perSecond * slackMs) / 1_000;
  const server = createServer((request, response) => {
    request.resume();
    if (request.method === 'POST') {
      const now = performance.now();
      level = Math.min(capacity, level + ((now - (at ?? now)) / 1_000) * perSecond);
      at = now;
      if (level >= least) {
        level -= 1;
        state.answered.push(now);
      } else {
        state.refused += 1;
        response.statusCode = 429;
      }
    }
    response.end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const state: BucketServer = {
    baseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    answered: [],
    refused: 0,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return state;
}
