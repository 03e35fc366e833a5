import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { testLedger, testLimitStore } from '../src/conformance.ts';
import { createModel, withLedger } from '../src/index.ts';
import { sqliteLedger, sqliteLimitStore } from '../src/sqlite.ts';
import { billingProvider, card } from './billing-provider.ts';
import { startBucketServer } from './bucket-server.ts';
import { failureOf, hello } from './failing-models.ts';

const execute = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'fw-models-'));
let files = 0;
const newFile = (): string => join(folder, `${(files += 1)}.sqlite`);
const opened: { close(): void }[] = [];
function keep<Opened extends { close(): void }>(one: Opened): Opened {
  opened.push(one);
  return one;
}
const children = new Set<ChildProcess>();

afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  children.clear();
});
afterAll(() => {
  for (const one of opened) one.close();
  rmSync(folder, { recursive: true });
});

/** A process that runs a file of this folder, and the lines that it says. */
function start(script: URL, parameters: readonly string[]): { readonly child: ChildProcess; readonly line: () => Promise<string> } {
  const child = spawn(process.execPath, ['--conditions=@fw/source', '--no-warnings', fileURLToPath(script), ...parameters], { stdio: ['pipe', 'pipe', 'inherit'] });
  children.add(child);
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  return { child, line: async () => String((await lines.next()).value) };
}

testLedger('in a file', () => keep(sqliteLedger(newFile())));
testLimitStore('in a file', () => keep(sqliteLimitStore(newFile())));

describe('sqliteLedger', () => {
  test('keeps a line for each attempt, over a restart, and one budget for all who open the file', async () => {
    const file = newFile();
    const budgets = { run: { tokens: 1_000 } };
    const provider = billingProvider((number) => (number === 0 ? 'refuse' : 'answer'));
    const first = sqliteLedger(file);
    const model = withLedger(createModel(provider, 'm', { card }), { ledger: first, budgets, card });
    const request = { ...hello, maxOutputTokens: 500 };
    await failureOf(model.generate(request, { scope: { run: 'r' } }));
    const { usage, receipt } = await model.generate(request, { scope: { run: 'r' } });
    first.close();
    const second = keep(sqliteLedger(file));
    expect(second.usage({ run: 'r' })).toEqual(usage);
    expect(second.lines().map(({ failure, usage: { outputTokens } }) => [failure, outputTokens])).toEqual([['server', 0], [undefined, usage.outputTokens]]);
    expect(second.lines({ run: 'r' })[1]).toMatchObject({ id: receipt.attempts[0]?.id, model: 'billing/m', scope: { run: 'r' }, usage });
    const again = withLedger(createModel(provider, 'm', { card }), { ledger: second, budgets, card });
    expect(await failureOf(again.generate({ ...hello, maxOutputTokens: 960 }, { scope: { run: 'r' } }))).toMatchObject({ code: 'FW_MODEL_BUDGET' });
  });

  test('books whole, marked as an estimate, what a killed process had set aside, when its lease is over', async () => {
    const [ledgerFile, limitFile] = [newFile(), newFile()];
    const { child, line } = start(new URL('./hold-worker.ts', import.meta.url), [ledgerFile, limitFile, '2000']);
    expect(await line()).toBe('held');
    const ledger = keep(sqliteLedger(ledgerFile, { leaseMs: 2_000 }));
    const limits = keep(sqliteLimitStore(limitFile));
    const slot = { endpoint: 'p/m', leaseMs: 2_000, buckets: [], concurrency: 1 };
    expect(ledger.usage()).toMatchObject({ inputTokens: 0 });
    expect(await limits.take({ ...slot, id: 'mine', now: Date.now() })).toMatchObject({ status: 'wait', reason: 'concurrency' });
    child.kill('SIGKILL');
    await once(child, 'exit');
    await expect.poll(() => ledger.usage({ run: 'r' })).toMatchObject({ inputTokens: 40, outputTokens: 20, costNanoUsd: 7, estimated: true });
    expect(ledger.lines()).toHaveLength(1);
    const bound = { inputTokens: 41, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0, estimated: true, costNanoUsd: 0 };
    const budgets = [{ name: 'run', key: 'r', limitTokens: 100 }];
    expect(await ledger.reserve({ id: 'next', model: 'p/m', scope: {}, bound, budgets })).toMatchObject({ status: 'refused', refusal: { used: 60, reserved: 0 } });
    await expect.poll(() => limits.take({ ...slot, id: 'mine', now: Date.now() })).toEqual({ status: 'taken' });
  });

  test('takes the word of a process that was only asleep for what had been booked in its place', async () => {
    const file = newFile();
    const sleeper = keep(sqliteLedger(file, { leaseMs: 30 }));
    const bound = { inputTokens: 40, outputTokens: 20, cacheReadTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0, estimated: true, costNanoUsd: 7 };
    const budgets = [{ name: 'run', key: 'r', limitTokens: 100 }];
    await sleeper.reserve({ id: 'held', model: 'p/m', scope: { run: 'r' }, bound, budgets });
    // Asleep: its timers do not run.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 80);
    const other = keep(sqliteLedger(file, { leaseMs: 30 }));
    expect(other.usage()).toMatchObject({ inputTokens: 40, estimated: true });
    const usage = { ...bound, inputTokens: 10, outputTokens: 5, estimated: false, costNanoUsd: 2 };
    await sleeper.settle('held', [{ id: 'a', model: 'p/m', scope: { run: 'r' }, startedAt: 1, durationMs: 1, usage }]);
    expect(other.usage()).toEqual(usage);
    expect(await other.reserve({ id: 'next', model: 'p/m', scope: {}, bound: { ...bound, inputTokens: 65 }, budgets })).toEqual({ status: 'reserved' });
  });

  test('a file that is no database is refused with its name', () => {
    const file = newFile();
    writeFileSync(file, 'not a database, but long enough to be taken for a broken one'.repeat(20));
    expect(() => sqliteLedger(file)).toThrow(expect.objectContaining({ code: 'FW_MODEL_CONFIG', message: expect.stringContaining(file) as string }));
  });
});

test('a new file can be opened by several processes in one moment', async () => {
  const script = fileURLToPath(new URL('open-together.ts', import.meta.url));
  const values = ['--conditions=@fw/source', '--disable-warning=ExperimentalWarning', script, mkdtempSync(join(folder, 'together-')), '40', String(Date.now() + 1_500)];
  const said = await Promise.all(Array.from({ length: 4 }, () => execute(process.execPath, values)));
  expect(said.map(({ stdout }) => stdout)).toEqual(Array(4).fill('[]'));
});

describe('sqliteLimitStore', () => {
  test.each([100, 10])('8 processes on one store stay under a global limit with a burst of %i, and all get through', async (burst) => {
    const [perSecond, each] = [100, 35];
    const server = await startBucketServer(perSecond, burst, 0);
    const file = newFile();
    const workers = Array.from({ length: 8 }, () => start(new URL('./limit-worker.ts', import.meta.url), [file, server.baseURL, String(each), String(perSecond * 60), String(burst)]));
    for (const { line } of workers) expect(await line()).toBe('ready');
    for (const { child } of workers) child.stdin?.write('go\n');
    const said = await Promise.all(workers.map(async ({ line }) => JSON.parse(await line()) as { readonly answers: readonly string[]; readonly grants: readonly Grant[] }));
    expect(said.flatMap(({ answers }) => answers)).toHaveLength(8 * each);
    const grants = said.flatMap((worker) => worker.grants);
    expect(grants).toHaveLength(8 * each);
    expect(mostOver(grants, perSecond)).toBeLessThanOrEqual(burst);
    await server.close();
  });

  test('counts from when it had its turn, not from when it began to wait for another process', async () => {
    const demand = { endpoint: 'p/m', leaseMs: 60_000, buckets: [{ name: 'b', capacity: 10, perSecond: 1, amount: 10 }] };
    for (let waitedMs = 0; waitedMs < 400; ) {
      const file = newFile();
      const store = keep(sqliteLimitStore(file));
      const isLocked = new Int32Array(new SharedArrayBuffer(4));
      const holder = new Worker(holdLock, { eval: true, workerData: { file, isLocked } });
      Atomics.wait(isLocked, 0, 0);
      const [now, asked] = [Date.now(), performance.now()];
      await store.take({ ...demand, id: 'first', now });
      // On a busy machine the other one may be gone before this one has asked: then once more.
      waitedMs = performance.now() - asked;
      await holder.terminate();
      if (waitedMs < 400) continue;
      const answer = await store.take({ ...demand, id: 'second', now });
      expect(answer.status === 'wait' ? answer.until - now : 0).toBeGreaterThan(10_300);
    }
  });
});

/** In a thread: holds the database for half a second. */
const holdLock = `
  const { workerData: { file, isLocked } } = require('node:worker_threads');
  const { DatabaseSync } = require('node:sqlite');
  const database = new DatabaseSync(file);
  database.exec('BEGIN IMMEDIATE');
  Atomics.store(isLocked, 0, 1);
  Atomics.notify(isLocked, 0);
  Atomics.wait(isLocked, 0, 1, 500);
  database.exec('COMMIT');
`;

/** Epoch milliseconds between which the store let a request go. */
interface Grant {
  readonly from: number;
  readonly to: number;
}

/**
 * The most requests that were let go within any span of time, less what flows in meanwhile. Only those count that were
 * let go within the span for certain, so that a busy machine makes it less and never more.
 */
function mostOver(grants: readonly Grant[], perSecond: number): number {
  const counts = grants.map(({ from }) => {
    const ends = grants.filter((grant) => grant.from >= from).map(({ to }) => to).sort((left, right) => left - right);
    return Math.max(...ends.map((to, index) => index + 1 - ((to + 1 - from) / 1_000) * perSecond));
  });
  return Math.max(...counts);
}
