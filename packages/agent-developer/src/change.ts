import { z } from 'zod';

/** Content of a `change` artifact: what the developer says about its work. It moves no gate; measured evidence does. */
export interface Change {
  readonly summary: string;
  readonly criteria: readonly CriterionReport[];
  /** The test runs the developer made, in order. */
  readonly testRuns: readonly TestRun[];
}

export interface CriterionReport {
  readonly id: string;
  readonly status: 'met' | 'not_met' | 'blocked';
  /** Ids of test runs or test cases that the developer has seen. */
  readonly evidence: readonly string[];
}

export interface TestRun {
  readonly run: string;
  /** As the tool said; a run that was made and found failures may be ok. */
  readonly ok: boolean;
  /** The first line of its report. */
  readonly summary: string;
}

const criterion = z.object({ id: z.string().min(1), status: z.enum(['met', 'not_met', 'blocked']), evidence: z.array(z.string()) });

/** `change@1`. */
export const changeSchema: z.ZodType<Change> = z.object({
  summary: z.string(),
  criteria: z.array(criterion),
  testRuns: z.array(z.object({ run: z.string(), ok: z.boolean(), summary: z.string() })),
});
