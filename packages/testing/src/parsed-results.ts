import type { TestCase } from './test-report.ts';

/** What a parser made of a result file. Hostile content is `unusable`, with the cases that could be read before. */
export type ParsedResults =
  | { readonly status: 'read'; readonly cases: readonly TestCase[] }
  | { readonly status: 'unusable'; readonly reason: string; readonly cases: readonly TestCase[] };
