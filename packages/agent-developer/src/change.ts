import type { z } from 'zod';
import { withZod } from '@fw/agents-core/with-zod';

/** Content of a `change` artifact: what the developer says about its work, and what its tools have shown. It moves no gate; measured evidence does. */
export interface Change {
  readonly summary: string;
  readonly criteria: readonly CriterionReport[];
  /** To each request that was open. */
  readonly answers: readonly RequestAnswer[];
  /** The test runs the developer made, in order. */
  readonly testRuns: readonly TestRun[];
  /** New tests as the runs have shown them; empty where the base is not known. */
  readonly addedTests: readonly AddedTest[];
  /** Existing tests that are gone, off or check less, and new ones that were changed after they were seen red. */
  readonly touchedTests: readonly TouchedTest[];
}

export interface CriterionReport {
  readonly id: string;
  readonly status: 'met' | 'not_met' | 'blocked';
  /** Ids of test runs or test cases that the developer has seen. */
  readonly evidence: readonly string[];
}

export interface RequestAnswer {
  /** Its id. */
  readonly request: string;
  readonly answer: string;
}

export interface TestRun {
  readonly run: string;
  /** As the tool said; a run that was made and found failures may be ok. */
  readonly ok: boolean;
  /** The first line of its report. */
  readonly summary: string;
}

export interface AddedTest {
  readonly id: string;
  /** How it was seen to fail; `missing`: something it imports or calls was not there. */
  readonly red: 'assertion' | 'error' | 'missing' | 'syntax' | 'timeout' | 'never';
  readonly passed: boolean;
}

export interface TouchedTest {
  readonly file: string;
  readonly what: string;
}

const criterion = withZod((z) => z.object({ id: z.string().min(1), status: z.enum(['met', 'not_met', 'blocked']), evidence: z.array(z.string()) }));

/** `change@1`. */
export const changeSchema: z.ZodType<Change> = withZod((z) => z.object({
  summary: z.string(),
  criteria: z.array(criterion),
  answers: z.array(z.object({ request: z.string(), answer: z.string() })).default([]),
  testRuns: z.array(z.object({ run: z.string(), ok: z.boolean(), summary: z.string() })),
  addedTests: z.array(z.object({ id: z.string(), red: z.enum(['assertion', 'error', 'missing', 'syntax', 'timeout', 'never']), passed: z.boolean() })).default([]),
  touchedTests: z.array(z.object({ file: z.string(), what: z.string() })).default([]),
}));
