// Started by sqlite.test.ts as a process of its own: takes from the shared files, says so, and waits to be killed.
import { sqliteLedger, sqliteLimitStore } from '@fw/models/sqlite';

const [ledgerFile = '', limitFile = '', leaseMs = '0'] = process.argv.slice(2);
const ledger = sqliteLedger(ledgerFile, { leaseMs: Number(leaseMs) });
const limits = sqliteLimitStore(limitFile);
const bound = { inputTokens: 40, outputTokens: 20, cacheReadTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0, estimated: true, costNanoUsd: 7 };
await ledger.reserve({ id: 'held', model: 'p/m', scope: { run: 'r' }, bound, budgets: [{ name: 'run', key: 'r', limitTokens: 100 }] });
await limits.take({ id: 'held', endpoint: 'p/m', now: Date.now(), leaseMs: Number(leaseMs), buckets: [], concurrency: 1 });
process.stdout.write('held\n');
setInterval(() => undefined, 60_000);
