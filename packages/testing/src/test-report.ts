import type { Coverage } from './coverage.ts';
import type { ResourceUsage } from './resource-usage.ts';

export type TestKind = 'unit' | 'integration' | 'e2e' | 'performance';

export type TestCaseStatus = 'passed' | 'failed' | 'skipped' | 'todo' | 'errored' | 'timed-out';

export interface TestCase {
  /** `file > suite > name`: the same in every run and on every machine; a repeated one ends in ` #2`. */
  readonly id: string;
  /** Relative to the workspace, with `/`. */
  readonly file: string;
  readonly name: string;
  readonly status: TestCaseStatus;
  readonly kind: TestKind;
  readonly durationMs: number;
  /** What went wrong, with the stack where the runner gives one. */
  readonly message?: string;
  /** `assertion`: an expectation did not hold; `error`: something was thrown. */
  readonly failure?: 'assertion' | 'error';
  /** It did not pass, but did when it was run again: by the project's runner (then its status is `passed`) or by ours. */
  readonly flaky?: true;
}

/** How the tests of one kind went, each kind run on a copy of its own. */
export interface KindReport extends TestCounts {
  readonly status: TestReport['status'];
  readonly reason?: string;
  readonly durationMs: number;
}

export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly todo: number;
  /** Files that could not be loaded, and tests that a failed hook or a crash took away. */
  readonly errored: number;
  readonly timedOut: number;
}

/** One run of a project's tests, as read from result files that were written outside the workspace. */
export interface TestReport extends TestCounts {
  readonly status: 'passed' | 'failed' | 'no-tests' | 'inconclusive' | 'timed-out';
  /** Why it is neither passed nor failed. */
  readonly reason?: string;
  readonly cases: readonly TestCase[];
  /** Present when kinds were asked for. */
  readonly kinds?: { readonly [kind in TestKind]?: KindReport };
  /** Present when it was asked for. */
  readonly coverage?: CoverageOutcome;
  /** `vitest`, `node:test`, …; `unknown` when none was recognised. */
  readonly runner: string;
  readonly command: readonly string[];
  readonly exitCode: number;
  readonly durationMs: number;
  readonly cpuMs: number;
  readonly peakMemoryBytes: number;
  /** The same and more, of all its commands; missing where none was started. */
  readonly resources?: ResourceUsage;
  readonly sandbox: string;
  readonly toolVersions: { readonly [tool: string]: string };
  /** Hex SHA-256 of each result file as it was read. */
  readonly digests: { readonly [file: string]: string };
  /** Name of the fresh folder the results were read from. */
  readonly nonce: string;
}

export type CoverageOutcome =
  | { readonly status: 'measured'; readonly coverage: Coverage }
  | { readonly status: 'unavailable'; readonly reason: string };

/** Counts cases by status. */
export function countCases(cases: readonly TestCase[]): TestCounts {
  const count = (status: TestCaseStatus): number => cases.filter((test) => test.status === status).length;
  return {
    passed: count('passed'),
    failed: count('failed'),
    skipped: count('skipped'),
    todo: count('todo'),
    errored: count('errored'),
    timedOut: count('timed-out'),
  };
}
