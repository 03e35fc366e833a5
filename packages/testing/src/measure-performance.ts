import { randomInt } from 'node:crypto';
import type { TaskWorkspace } from '@fw/agents-core';
import { clipStart } from './clip.ts';
import { toMeasurement } from './measurement.ts';
import type { Measurement } from './measurement.ts';
import { isSlower, pairedRatio } from './paired-ratio.ts';
import type { BenchmarkResult, PerformanceResults } from './performance-results.ts';
import { isBenchmarkFile } from './test-kind.ts';

export interface MeasurePerformanceOptions {
  readonly workspace: TaskWorkspace;
  readonly base: string;
  readonly head: string;
  /** For each process; default 120,000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

const pairsOfRound = 10;
const maxBenchmarks = 10;

/**
 * Runs the project's benchmarks, scripts such as `bench/parse.bench.js` that Node runs and that do a fixed amount of
 * work, before and after a change: pairs of fresh processes, in random order, by their processor time. What looks
 * slower is measured once more. A benchmark of the base is run as the base has it, on both sides.
 * @throws the signal's reason when it was aborted.
 */
export async function measurePerformance(options: MeasurePerformanceOptions): Promise<Measurement> {
  const { workspace, base, head } = options;
  const startedAt = Date.now();
  const done = (results: PerformanceResults): Measurement => toMeasurement({ kind: 'performance', tree: head, startedAt, results, sandbox: workspace.sandbox });
  const [old, now] = [await workspace.files(base), await workspace.files(head)];
  const files = [...new Set([...old, ...now])].filter((file) => isBenchmarkFile(file) && /\.[cm]?[jt]s$/.test(file)).sort();
  if (base === head) return done({ status: 'unavailable', reason: 'nothing was changed' });
  if (files.length === 0) return done({ status: 'unavailable', reason: 'there is no benchmark, such as bench/parse.bench.js' });
  if (files.length > maxBenchmarks) return done({ status: 'unavailable', reason: `there are ${files.length} benchmarks; at most ${maxBenchmarks} are run` });
  const before = await workspace.checkout(base);
  try {
    const after = await workspace.checkout(head);
    try {
      const benchmarks: BenchmarkResult[] = [];
      for (const file of files) {
        const text = await workspace.show(old.includes(file) ? base : head, file);
        if (text === undefined) continue;
        for (const copy of [before, after]) {
          await copy.remove(file).catch(() => undefined);
          await copy.write(file, text);
        }
        benchmarks.push(await measureBenchmark(file, before, after, options));
      }
      return done({ status: 'measured', benchmarks });
    } finally {
      await after.close();
    }
  } finally {
    await before.close();
  }
}

async function measureBenchmark(file: string, before: TaskWorkspace, after: TaskWorkspace, options: MeasurePerformanceOptions): Promise<BenchmarkResult> {
  const run = (copy: TaskWorkspace): Promise<number | string> => runOnce(copy, file, options);
  // The first run of each reads files that later ones find in memory.
  const cold = await run(before);
  if (typeof cold === 'string') return { file, status: 'unavailable', reason: `it does not run on the base: ${cold}`, cpuMs: [] };
  const cpuMs: (readonly [number, number])[] = [];
  const round = async (): Promise<string | undefined> => {
    for (let pair = 0; pair < pairsOfRound; pair += 1) {
      const isTurned = randomInt(2) === 1;
      const first = await run(isTurned ? after : before);
      const second = await run(isTurned ? before : after);
      if (typeof first === 'string') return first;
      if (typeof second === 'string') return second;
      cpuMs.push(isTurned ? [second, first] : [first, second]);
    }
    return undefined;
  };
  const warm = await run(after);
  const failure = typeof warm === 'string' ? warm : await round() ?? (isSlower(pairedRatio(cpuMs)) ? await round() : undefined);
  return failure === undefined ? { file, status: 'measured', cpuMs } : { file, status: 'failed', reason: failure, cpuMs };
}

/** Milliseconds of processor time, or why there are none. */
async function runOnce(copy: TaskWorkspace, file: string, { timeoutMs = 120_000, signal }: MeasurePerformanceOptions): Promise<number | string> {
  const { exitCode, output, timedOut, cpuMs } = await copy.run(['node', file], { timeoutMs, env: { CI: 'true', NO_COLOR: '1' }, maxOutput: 4_000, ...(signal === undefined ? {} : { signal }) });
  signal?.throwIfAborted();
  if (timedOut) return `it did not end within ${timeoutMs / 1_000} s`;
  return exitCode === 0 ? cpuMs : `exit code ${exitCode}: ${clipStart(output.trim(), 500)}`;
}
