import { execFile } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { createMetricsStore } from '../../src/metrics-store.ts';
import { pastRuns } from '../../src/stats.ts';
import type { RunMetrics } from '../../src/stats.ts';

const home = (): Promise<string> => mkdtemp(path.join(tmpdir(), 'fw-metrics-'));
const metrics = (run: string, more: Partial<RunMetrics> = {}): RunMetrics => ({ run, workspace: '/w', at: 1, status: 'success', states: [], calls: [], commands: [], processes: [], ...more });
const feedback = { context: 'c', options: {}, knobs: [] };
const outcome = { success: true, rework: 0, latencyMs: 1, costNanoUsd: 1, tokens: 1 } as const;

it('keeps a run once, as it was noted last, and the newest of each workspace', async () => {
  const store = createMetricsStore(await home());
  store.begin('/w', () => metrics('old', { status: 'running' }));
  store.note(metrics('old'));
  expect(store.read()).toEqual([metrics('old')]);
  store.note(metrics('other', { workspace: '/other' }));
  let seen = 0;
  for (let at = 2; at <= 3; at++) store.begin('/w', (past) => { seen = past.length; return metrics(`r${at}`, { at }); });
  expect(seen).toBe(2);
});

it('decides one run at a time over all processes', async () => {
  const folder = await home();
  const worker = path.join(import.meta.dirname, 'metrics-worker.ts');
  const outputs = await Promise.all([1, 2].map((number) => promisify(execFile)(process.execPath, ['--conditions=@fw/source', '--disable-warning=ExperimentalWarning', worker, folder, String(number), '40'])));
  const seen = outputs.flatMap(({ stdout }) => stdout.trim().split(' ').map(Number));
  // Every run saw all those before it, from whichever process.
  expect(seen.toSorted((left, right) => left - right)).toEqual(Array.from({ length: 80 }, (_, index) => index));
});

it('learns from runs that came to an end, an empty budget among them, and from none that people ended', () => {
  const all = [
    metrics('1', { feedback, outcome }), metrics('2', { feedback, outcome, status: 'cancelled' }), metrics('3', { outcome }),
    metrics('4', { feedback, outcome: { ...outcome, success: false }, status: 'waiting', code: 'FW_MODEL_BUDGET' }), metrics('5', { feedback, status: 'running' }), metrics('6', { feedback, status: 'waiting', code: 'FW_RUN_WAITING' }),
  ];
  expect(pastRuns(all, 2).map((run) => run.outcome?.success)).toEqual([true, false, undefined, undefined]);
  expect(pastRuns(all, 10 ** 12).map((run) => run.outcome?.success)).toEqual([true, false]);
});

it('a file that is damaged is named, with what becomes of removing it', async () => {
  const folder = await home();
  await writeFile(path.join(folder, 'metrics.sqlite'), 'no database, and long enough to be looked at'.repeat(200));
  const store = createMetricsStore(folder);
  expect(() => store.read()).toThrow(expect.objectContaining({ code: 'FW_METRICS_BROKEN', message: expect.stringContaining(path.join(folder, 'metrics.sqlite')) as string }));
});
