import type { TestCase } from './test-report.ts';

/** A case as a runner told it; its kind is told apart afterwards. */
export interface ParsedCase extends Omit<TestCase, 'kind'> {
  /** The runner's own name for the group of test files that it belongs to. */
  readonly project?: string;
}

/** What a parser made of a result file. Hostile content is `unusable`, with the cases that could be read before. */
export type ParsedResults =
  | { readonly status: 'read'; readonly cases: readonly ParsedCase[] }
  | { readonly status: 'unusable'; readonly reason: string; readonly cases: readonly ParsedCase[] };
