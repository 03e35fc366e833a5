import type { Finding } from '@fw/agents-core';
import { z } from 'zod';

/** One finding as a validator has to give it. */
export const findingSchema: z.ZodType<Finding> = z.object({
  source: z.string().min(1).max(200),
  rule: z.string().min(1).max(200),
  category: z.string().min(1).max(200),
  severity: z.enum(['low', 'medium', 'high', 'critical']),
  file: z.string().max(4_096),
  line: z.number().int().min(0),
  message: z.string(),
  suggestion: z.string().exactOptional(),
  isNew: z.boolean(),
});

/** The form of `results` in evidence of a validator: kind `secrets` for ours, `findings` for a plugin's. */
export const findingsResultsSchema = z.discriminatedUnion('status', [
  z.object({ status: z.literal('measured'), validator: z.string(), findings: z.array(findingSchema).max(1_000), total: z.number().int().min(0), newBySeverity: z.record(z.enum(['low', 'medium', 'high', 'critical']), z.number().int().min(0)) }),
  z.object({ status: z.literal('inconclusive'), validator: z.string(), reason: z.string() }),
]);

export type FindingsResults = z.infer<typeof findingsResultsSchema>;
