import type { z } from 'zod';
import { withZod } from '@fw/agents-core/with-zod';
import type { Severity } from '@fw/agents-core';

/** What the model hands in. */
export interface ReviewInput {
  readonly approved: boolean;
  readonly findings: readonly ReviewFinding[];
}

export interface ReviewFinding {
  readonly file: string;
  readonly line: number;
  readonly quote: string;
  /** The quote is a line that the change took away. */
  readonly removed: boolean;
  readonly severity: Severity;
  readonly category: string;
  readonly message: string;
  readonly suggestion?: string | undefined;
  /** Text that a call of `reproduce` has put out. */
  readonly shownBy?: string | undefined;
}

/** What is longer is cut: an artifact has to stay small. */
const longest = 2_000;
const short = (one: string): string => one.slice(0, longest).toWellFormed();
const text = withZod((z) => z.string().trim().min(1).overwrite(short));
const finding = withZod((z) => ({
  file: z.string().trim().overwrite(short).default('').describe('Path; empty when the finding is about no file.'),
  line: z.number().int().min(0).default(0),
  quote: z.string().overwrite(short).default('').describe('The text the finding is about, copied exactly.'),
  severity: z.enum(['low', 'medium', 'high', 'critical']).describe('high and critical hold the work back.'),
  category: text.default('general').describe('One word: correctness, performance, security, contract, tests, documentation or style.'),
  message: text.describe('What is wrong and what it leads to.'),
  suggestion: text.optional(),
}));
const onlyWorth = 'Only what is worth a change; an empty list is welcome.';

/** Of a design. */
export const designInput: z.ZodType<ReviewInput> = withZod((z) => z.object({
  approved: z.boolean().default(true),
  findings: z.array(z.object(finding).transform((one) => ({ ...one, removed: false }))).default([]).describe(onlyWorth),
}));

/** Of one pass over a change. */
export const changeInput: z.ZodType<ReviewInput> = withZod((z) => z.object({
  findings: z.array(z.object({
    ...finding,
    removed: z.boolean().default(false).describe('True when the quote is a line that the change takes away.'),
    shownBy: z.string().optional().describe('Words that reproduce has put out and that show it, copied exactly. Without them nothing holds the work back.'),
  })).default([]).describe(onlyWorth),
}).transform(({ findings }) => ({ approved: true, findings })));
