// Started by sqlite.test.ts as a process of its own: asks a server so many times through the limits of a shared file,
// and says when the limits let it.
import { createModel, withRateLimit } from '@fw/models';
import type { LimitStore, ModelProvider } from '@fw/models';
import { sqliteLimitStore } from '@fw/models/sqlite';

const [file = '', baseURL = '', calls = '0', requestsPerMinute = '1', burst = '1'] = process.argv.slice(2);
const provider: ModelProvider = {
  specVersion: 1,
  name: 'http',
  async *stream(_, call) {
    const response = await fetch(baseURL, { method: 'POST', signal: call.signal });
    await response.text();
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    yield { type: 'text', delta: 'ok' };
    yield { type: 'finish', reason: 'stop', raw: '' };
  },
};
const store = sqliteLimitStore(file);
const grants: { readonly from: number; readonly to: number }[] = [];
const observed: LimitStore = {
  ...store,
  async take(demand) {
    const answer = await store.take(demand);
    if (answer.status === 'taken') grants.push({ from: demand.now, to: Date.now() });
    return answer;
  },
};
const model = withRateLimit(createModel(provider, 'm'), { store: observed, limits: { requestsPerMinute: Number(requestsPerMinute), burst: Number(burst) } });
// A warm connection: what is measured is the limit.
await (await fetch(baseURL)).text();
process.stdout.write('ready\n');
await new Promise((resolve) => process.stdin.once('data', resolve));
const answers = await Promise.all(Array.from({ length: Number(calls) }, () => model.generate({ messages: [] }).then(() => 'answered', (error: Error) => error.message)));
process.stdout.write(`${JSON.stringify({ answers, grants })}\n`);
store.close();
process.exit(0);
