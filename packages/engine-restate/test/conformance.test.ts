import { afterAll, beforeAll } from 'vitest';
import { createRestateEngine } from '@fw/engine-restate';
import { memoryStore } from '@fw/workflow';
import { testEngine, testEngineCrashes } from '@fw/workflow/conformance';
import { freePorts, startRestateServer } from '@fw/engine-restate/server';
import type { RestateServer } from '@fw/engine-restate/server';

let server: RestateServer;
let count = 0;
beforeAll(async () => {
  server = await startRestateServer();
  // The processes of the crash tests find it so.
  process.env['FW_TEST_RESTATE'] = JSON.stringify({ ingressUrl: server.ingressUrl, adminUrl: server.adminUrl });
});
afterAll(() => server?.close());

testEngine('restate', async () => {
  const store = memoryStore();
  const service = `fw${++count}`;
  const [port] = await freePorts(1);
  return (options) => createRestateEngine({ store, restate: server, service, ...options, worker: { port: port! } });
});

testEngineCrashes('restate', new URL('crash-site.ts', import.meta.url));
