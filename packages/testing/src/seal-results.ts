import type { z } from 'zod';
import { withZod } from '@fw/agents-core/with-zod';

/** How sealed tests went. What they say stays out of it: it could be read by whoever has to satisfy them. */
export interface SealResults {
  readonly status: 'passed' | 'failed' | 'no-tests' | 'inconclusive' | 'timed-out' | 'unavailable';
  readonly reason?: string;
  readonly passed: number;
  readonly failed: number;
  /** Hex SHA-256 over the sealed files. */
  readonly sha256: string;
}

const count = withZod((z) => z.number().int().min(0));

/** The form of `results` in evidence of kind `seal`. */
export const sealResultsSchema: z.ZodType<SealResults> = withZod((z) => z.object({
  status: z.enum(['passed', 'failed', 'no-tests', 'inconclusive', 'timed-out', 'unavailable']),
  reason: z.string().exactOptional(),
  passed: count,
  failed: count,
  sha256: z.string(),
}));
