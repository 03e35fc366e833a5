import type { z } from 'zod';
import { withZod } from '@fw/agents-core/with-zod';
import type { Verdict } from '@fw/testing';

/** The content of a `verdict@1` artifact. */
export const verdictSchema: z.ZodType<Verdict> = withZod((z) => z.strictObject({
  verdict: z.enum(['accepted', 'rejected', 'inconclusive']),
  tree: z.string().nullable(),
  base: z.string().nullable(),
  gates: z.array(z.strictObject({
    gate: z.string(),
    status: z.enum(['passed', 'failed', 'inconclusive', 'unavailable']),
    message: z.string(),
    evidence: z.array(z.string()),
  })),
}));
