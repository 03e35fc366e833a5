import { z } from 'zod';

/** Content of an `analysis` artifact. */
export interface Analysis {
  readonly summary: string;
  /** What has to change, by file. */
  readonly changes: readonly { readonly file: string; readonly why: string }[];
  readonly risks: readonly string[];
  /** On a revision: one for each request, by its id. */
  readonly answers: readonly { readonly request: string; readonly answer: string }[];
}

const text = z.string().trim().min(1);

/** `analysis@1`. Lists that are left out are empty. */
export const analysisSchema: z.ZodType<Analysis> = z.object({
  summary: text.describe('What is there today, as far as the task touches it, and what must change.'),
  changes: z.array(z.object({ file: text, why: text })).default([]),
  risks: z.array(text).default([]),
  answers: z.array(z.object({ request: text.describe('Id of an open request.'), answer: text.describe('Its cause, and what will be done about it.') })).default([]),
});
