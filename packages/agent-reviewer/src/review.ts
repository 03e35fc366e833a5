import { z } from 'zod';
import type { Finding, Severity } from '@fw/agents-core';

/** Content of a `review` artifact. An approval passes nothing; only what is held back counts. */
export interface Review {
  readonly subject: ReviewSubject;
  readonly approved: boolean;
  /** At most ten, the worst first. */
  readonly findings: readonly Finding[];
  /** Findings the model made that are not kept: invented places, or more than ten. */
  readonly dropped: number;
}

export type ReviewSubject = 'design' | 'change';

const severity = z.enum(['low', 'medium', 'high', 'critical']);
const text = z.string().trim().min(1);

/** `review@1`. */
export const reviewSchema: z.ZodType<Review> = z.object({
  subject: z.enum(['design', 'change']),
  approved: z.boolean(),
  findings: z.array(z.object({
    source: z.string(), rule: z.string(), category: z.string(), severity, file: z.string(), line: z.number().int().min(0),
    message: z.string(), suggestion: z.string().exactOptional(), isNew: z.boolean(),
  })).max(10),
  dropped: z.number().int().min(0),
});

/** What the model hands in. */
export interface ReviewInput {
  readonly approved: boolean;
  readonly findings: readonly ReviewFinding[];
}

export interface ReviewFinding {
  readonly file: string;
  readonly line: number;
  readonly quote: string;
  readonly severity: Severity;
  readonly category: string;
  readonly message: string;
  readonly suggestion?: string | undefined;
}

export const reviewInput: z.ZodType<ReviewInput> = z.object({
  approved: z.boolean().default(true),
  findings: z.array(z.object({
    file: z.string().trim().default('').describe('Path; empty when the finding is about no file.'),
    line: z.number().int().min(0).default(0),
    quote: z.string().default('').describe('The text the finding is about, copied exactly.'),
    severity: severity.describe('high and critical hold the work back.'),
    category: text.default('general').describe('One word, such as correctness, performance, security, contract, tests or style.'),
    message: text.describe('What is wrong and what it leads to.'),
    suggestion: text.optional(),
  })).default([]).describe('Only what is worth a change; an empty list is welcome.'),
});
