// Runs inside the project's own mocha, copied into a folder of its own: it may import only from Node and its neighbour.
import { createSignedLines } from './signed-lines.ts';

interface MochaTest {
  readonly type?: string;
  readonly title: string;
  readonly file?: string;
  readonly duration?: number;
  readonly parent?: { readonly file?: string };
  titlePath(): readonly string[];
  currentRetry?(): number;
}
interface MochaError {
  readonly name?: string;
  readonly message?: string;
  readonly stack?: string;
  readonly code?: unknown;
}
interface MochaRunner {
  on(event: 'start' | 'end', listener: () => void): void;
  on(event: 'pass' | 'pending', listener: (test: MochaTest) => void): void;
  on(event: 'fail', listener: (test: MochaTest, error: MochaError | undefined) => void): void;
}

// Loaded before the tests are, which run in this process: they find nothing left to read.
const write = createSignedLines();

/** Writes what mocha reports as one signed JSON line a test, at once, so that a killed run keeps what it had. */
class SignedReporter {
  constructor(runner: MochaRunner) {
    runner.on('start', () => write?.({ type: 'begin' }));
    runner.on('pass', (test) => write?.({ ...describe(test), type: 'case', status: 'passed', ...((test.currentRetry?.() ?? 0) > 0 ? { flaky: true } : {}) }));
    runner.on('pending', (test) => write?.({ ...describe(test), type: 'case', status: 'skipped' }));
    runner.on('fail', (test, error) => write?.({ ...describe(test), ...describeFailure(test, error) }));
    runner.on('end', () => write?.({ type: 'end' }));
  }
}

function describe(test: MochaTest): object {
  return { file: test.file ?? test.parent?.file ?? '', path: test.titlePath(), durationMs: Math.max(0, test.duration ?? 0) };
}

function describeFailure(test: MochaTest, error: MochaError | undefined): object {
  const message = String(error?.stack ?? error?.message ?? error).slice(0, 8_000);
  // A hook that fails takes tests away that are then never told.
  if (test.type === 'hook') return { type: 'broken', message };
  const asserted = error?.code === 'ERR_ASSERTION' || String(error?.name).includes('AssertionError');
  return { type: 'case', status: error?.code === 'ERR_MOCHA_TIMEOUT' ? 'timed-out' : 'failed', message, failure: asserted ? 'assertion' : 'error' };
}

export { SignedReporter as default, SignedReporter as 'module.exports' };
