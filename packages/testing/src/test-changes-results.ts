import type { z } from 'zod';
import { withZod } from '@fw/agents-core/with-zod';
import { findingsResultsSchema } from './findings-results.ts';
import type { FindingsResults } from './findings-results.ts';

/** What a change did to the tests themselves. `setup` and `weakened` files count until a person approved their hash. */
export type TestChangesResults = FindingsResults & {
  readonly files: readonly { readonly file: string; readonly sha256: string; readonly is: 'setup' | 'weakened' }[];
};

/** The form of `results` in evidence of kind `test-changes`. */
export const testChangesSchema: z.ZodType<TestChangesResults> = withZod((z) => z.intersection(
  findingsResultsSchema,
  z.object({ files: z.array(z.object({ file: z.string(), sha256: z.string(), is: z.enum(['setup', 'weakened']) })).max(1_000) }),
));
