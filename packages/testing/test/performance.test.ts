import { describe, expect, it } from 'vitest';
import { judge, measurePerformance, policy, runGate } from '@fw/testing';
import { isSlower, pairedRatio } from '../src/paired-ratio.ts';
import { withTemporaryWorkspace } from '../src/harness.ts';

const work = (rounds: number): string => `export function work() {\n  let sum = 0;\n  for (let round = 0; round < ${rounds}; round += 1) sum = (sum * 31 + round) % 1_000_003;\n  return sum;\n}\n`;
const files = {
  'package.json': '{"name":"x","type":"module"}',
  'src/work.js': work(10_000_000),
  'bench/work.bench.js': "import { work } from '../src/work.js';\nwork();\n",
};
const performance = policy({ gates: { performance: 'required' } });

describe('measurePerformance', () => {
  it('finds what got slower, and confirms it', async () => {
    await withTemporaryWorkspace(files, async (workspace) => {
      await workspace.write('src/work.js', work(40_000_000));
      const { gates, verdict } = await runGate({ workspace, only: ['performance'] });
      expect(verdict).toBe('rejected');
      expect(gates).toEqual([expect.objectContaining({ gate: 'performance', status: 'failed', message: expect.stringMatching(/^bench\/work\.bench\.js takes \d\.\d\d times the processor time of the base \(.*, 20 pairs\)$/) as string })]);
    });
  });

  it('says how much faster it got', async () => {
    await withTemporaryWorkspace(files, async (workspace) => {
      await workspace.write('src/work.js', work(1_000));
      const { gates } = await runGate({ workspace, only: ['performance'] });
      expect(gates[0]).toMatchObject({ status: 'passed' });
      expect(gates[0]?.message).toMatch(/takes 0\.\d\d times the processor time of the base \(\d\.\d\d to \d\.\d\d, 10 pairs\)/);
    });
  });

  it('runs the benchmark of the base, whatever the change makes of it', async () => {
    await withTemporaryWorkspace(files, async (workspace) => {
      await workspace.write('src/work.js', 'export function work() { throw new Error("no work today"); }\n');
      await workspace.write('bench/work.bench.js', '\n');
      const { gates } = await runGate({ workspace, only: ['performance'] });
      expect(gates[0]).toMatchObject({ status: 'failed', message: expect.stringMatching(/bench\/work\.bench\.js fails after the change: exit code 1: .*no work today/s) as string });
    });
  });

  it('lays a benchmark that the change brings over the base as well', async () => {
    await withTemporaryWorkspace({ ...files, 'bench/work.bench.js': '' }, async (workspace) => {
      await workspace.remove('bench/work.bench.js');
      await workspace.write('bench/new.bench.js', "import { work } from '../src/work.js';\nwork();\n");
      const measured = await measurePerformance({ workspace, base: workspace.base, head: await workspace.snapshot() });
      expect(measured.results).toMatchObject({ status: 'measured', benchmarks: [{ file: 'bench/new.bench.js', status: 'measured' }, { file: 'bench/work.bench.js', status: 'measured' }] });
    });
  });

  it('is unavailable, and no pass, without a benchmark, or with one that does not run on the base', async () => {
    await withTemporaryWorkspace({ 'package.json': '{}', 'a.js': '' }, async (workspace) => {
      await workspace.write('a.js', '1;\n');
      expect(await runGate({ workspace, only: ['performance'] })).toMatchObject({ verdict: 'inconclusive', gates: [{ status: 'unavailable', message: 'there is no benchmark, such as bench/parse.bench.js' }] });
    });
    await withTemporaryWorkspace({ 'package.json': '{}', 'a.bench.js': 'require("./b.js");\n' }, async (workspace) => {
      await workspace.write('b.js', '1;\n');
      expect(await runGate({ workspace, only: ['performance'] })).toMatchObject({ verdict: 'inconclusive', gates: [{ status: 'unavailable', message: expect.stringContaining('does not run on the base') as string }] });
    });
  });

  it('takes only what it can read for evidence', () => {
    const evidence = { id: 'e', kind: 'performance', origin: 'runner', runner: { version: '1', isolated: true }, command: [], exitCode: 0, tree: 't', toolVersions: {}, startedAt: 0, durationMs: 0, results: { status: 'measured', benchmarks: 'fast' }, digests: {}, sandbox: 'none', nonce: '' } as const;
    expect(judge([evidence], performance).gates.find(({ gate }) => gate === 'performance')).toMatchObject({ status: 'inconclusive' });
  });
});

describe('pairedRatio', () => {
  const pairs = (ratio: number, noise: number): readonly (readonly [number, number])[] => Array.from({ length: 10 }, (_, index) => [100, 100 * ratio * (1 + noise * Math.sin(index * 7))]);

  it('tells slower from noise', () => {
    expect(isSlower(pairedRatio(pairs(1.2, 0.02)))).toBe(true);
    expect(isSlower(pairedRatio(pairs(1, 0.1)))).toBe(false);
    expect(isSlower(pairedRatio(pairs(1.04, 0.001)))).toBe(false);
    expect(isSlower(pairedRatio(pairs(0.5, 0.02)))).toBe(false);
  });

  it('gives the same bounds each time', () => {
    expect(pairedRatio(pairs(1.2, 0.1))).toEqual(pairedRatio(pairs(1.2, 0.1)));
  });
});
