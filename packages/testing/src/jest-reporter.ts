// Runs inside the project's own jest, copied into a folder of its own: it may import only from Node and its neighbour.
import { createSignedLines } from './signed-lines.ts';

interface JestCase {
  readonly ancestorTitles: readonly string[];
  readonly title: string;
  readonly status: string;
  readonly duration?: number | null;
  readonly failureMessages?: readonly string[];
  readonly failureDetails?: readonly unknown[];
  readonly invocations?: number;
}
interface JestFile {
  readonly testFilePath?: string;
  readonly failureMessage?: string | null;
  readonly testExecError?: { readonly message?: string; readonly stack?: string };
  readonly testResults: readonly JestCase[];
}

const idle: { readonly [status: string]: string } = { pending: 'skipped', skipped: 'skipped', disabled: 'skipped', todo: 'todo' };

/** Writes what jest reports as one signed JSON line a test, at once, so that a killed run keeps what it had. */
export default class SignedReporter {
  readonly #write = createSignedLines();
  /** How often each case was told before its file ended. */
  readonly #told = new Map<string, number>();

  onRunStart(): void {
    this.#write?.({ type: 'begin' });
  }

  onTestCaseResult(test: { readonly path: string }, result: JestCase): void {
    const key = keyOf(test.path, result);
    this.#told.set(key, (this.#told.get(key) ?? 0) + 1);
    this.#writeCase(test.path, result);
  }

  onTestFileResult(test: { readonly path: string }, result: JestFile): void {
    // jest tells idle tests, and with an older runner all tests, only when their file has ended.
    for (const one of result.testResults) {
      const key = keyOf(test.path, one);
      const told = this.#told.get(key) ?? 0;
      if (told > 0) this.#told.set(key, told - 1);
      else this.#writeCase(test.path, one);
    }
    const failed = result.testResults.some((one) => one.status === 'failed');
    const error = result.testExecError?.stack ?? result.testExecError?.message ?? result.failureMessage ?? '';
    if (error !== '' && !failed) this.#write?.({ type: 'broken', file: test.path, path: [], message: error.slice(0, 8_000) });
  }

  /** The name before jest 26. */
  onTestResult(test: { readonly path: string }, result: JestFile): void {
    this.onTestFileResult(test, result);
  }

  onRunComplete(): void {
    this.#write?.({ type: 'end' });
  }

  #writeCase(file: string, test: JestCase): void {
    const path = [...test.ancestorTitles, test.title];
    const message = (test.failureMessages ?? []).join('\n').slice(0, 8_000);
    const timedOut = /^(Error: )?(thrown: ")?Exceeded timeout of \d+ ms/.test(message);
    const status = idle[test.status] ?? (test.status === 'failed' && timedOut ? 'timed-out' : test.status);
    this.#write?.({
      type: 'case', file, path, attempt: test.invocations ?? 1, status, durationMs: Math.max(0, test.duration ?? 0),
      ...(test.status === 'failed' ? { message, failure: isAssertion(message, test.failureDetails?.[0]) ? 'assertion' : 'error' } : {}),
      ...((test.invocations ?? 1) > 1 && test.status === 'passed' ? { flaky: true } : {}),
    });
  }
}

function keyOf(file: string, test: JestCase): string {
  return JSON.stringify([file, test.ancestorTitles, test.title]);
}

function isAssertion(message: string, detail: unknown): boolean {
  const error = detail as { readonly matcherResult?: unknown; readonly code?: unknown } | undefined;
  return error?.matcherResult !== undefined || error?.code === 'ERR_ASSERTION' || /^(AssertionError|JestAssertionError|Error: expect\()/.test(message);
}
