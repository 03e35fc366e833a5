import type { z } from 'zod';
import { withZod } from '@fw/agents-core/with-zod';

/**
 * What a new test did on the base tree's code. `assertion`, `missing` and `crash` are red: an expectation failed, something
 * that the change adds was not there, or the code under test threw. `green` and `broken` show nothing.
 */
export type RedOnBase = 'assertion' | 'missing' | 'crash' | 'green' | 'broken' | 'unknown';

export type RedFirstResults =
  | {
      readonly status: 'measured';
      readonly cases: readonly { readonly id: string; readonly onBase: RedOnBase; readonly message?: string }[];
      /** New cases that were red on the base and pass now. */
      readonly red: number;
      readonly total: number;
    }
  | { readonly status: 'unavailable'; readonly reason: string };

/** The form of `results` in evidence of kind `red-first`. */
export const redFirstResultsSchema: z.ZodType<RedFirstResults> = withZod((z) => z.discriminatedUnion('status', [
  z.object({
    status: z.literal('measured'),
    cases: z.array(z.object({ id: z.string(), onBase: z.enum(['assertion', 'missing', 'crash', 'green', 'broken', 'unknown']), message: z.string().exactOptional() })).max(2_000),
    red: z.number().int().min(0),
    total: z.number().int().min(0),
  }),
  z.object({ status: z.literal('unavailable'), reason: z.string() }),
]));
