import type { z } from 'zod';
import { withZod } from '@fw/agents-core/with-zod';

/** Content of an `analysis` artifact. */
export interface Analysis {
  readonly summary: string;
  /** What has to change, by file. */
  readonly changes: readonly { readonly file: string; readonly why: string }[];
  readonly risks: readonly string[];
  /** On a revision: one for each request, by its id. */
  readonly answers: readonly RequestAnswer[];
}

/** `what` and `evidence` are the request's own, so that later agents see what was asked for. */
export interface RequestAnswer {
  readonly request: string;
  readonly what: string;
  readonly evidence: readonly string[];
  readonly answer: string;
}

const text = withZod((z) => z.string().trim().min(1).max(8_000));
const both = withZod((z) => ({
  changes: z.array(z.object({ file: text, why: text })).max(500).default([]).describe('Every file that has to change, tests and documents too.'),
  risks: z.array(text).max(100).default([]).describe('What could break, and how it would be noticed.'),
}));

/** `analysis@1`. */
export const analysisSchema: z.ZodType<Analysis> = withZod((z) => z.object({
  summary: text,
  ...both,
  answers: z.array(z.object({ request: text, what: z.string(), evidence: z.array(z.string()), answer: text })).default([]),
}));

/** What the model hands in: lists may be left out, requests are named by id alone. */
export interface AnalysisInput extends Omit<Analysis, 'answers'> {
  readonly answers: readonly Pick<RequestAnswer, 'request' | 'answer'>[];
}

export const analysisInput: z.ZodType<AnalysisInput> = withZod((z) => z.object({
  summary: text.describe('What is there today, as far as the task touches it, and what must change.'),
  ...both,
  answers: z.array(z.object({ request: text.describe('Id of an open request.'), answer: text.describe('Its cause, and what will be done about it.') })).max(500).default([]),
}));
