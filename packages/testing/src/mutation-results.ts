import type { z } from 'zod';
import { withZod } from '@fw/agents-core/with-zod';

/** A small change of the code, as Stryker makes it. */
export interface Mutant {
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  readonly column: number;
  /** As Stryker names it, such as `EqualityOperator`. */
  readonly mutator: string;
  /** What stood there, and what was put in its place; at most 200 characters of each. */
  readonly original: string;
  readonly replacement: string;
}

export interface MutantResult extends Mutant {
  /**
   * `killed`: a test failed; `timed-out`: the tests did not end any more; `survived`: all passed; `invalid`: the tests
   * could not be run with it, so it says nothing of them; `unfinished`: the time was over before.
   */
  readonly status: 'killed' | 'timed-out' | 'survived' | 'invalid' | 'unfinished';
  /** The first by name of the tests that failed. */
  readonly killedBy?: string;
}

/** What became of mutants on the lines that a change added or edited. */
export type MutationResults =
  | {
      readonly status: 'measured';
      readonly mutants: readonly MutantResult[];
      /** Further mutants that were not tried, because there are too many. */
      readonly left: number;
      /** Changed files of code that no mutant could be made of. */
      readonly unread: readonly string[];
    }
  | { readonly status: 'inconclusive' | 'unavailable'; readonly reason: string };

const count = withZod((z) => z.number().int().min(0));

/** The form of `results` in evidence of kind `mutation`. */
export const mutationResultsSchema: z.ZodType<MutationResults> = withZod((z) => z.discriminatedUnion('status', [
  z.object({
    status: z.literal('measured'),
    mutants: z.array(z.object({
      file: z.string(), line: count, column: count, mutator: z.string(), original: z.string(), replacement: z.string(),
      status: z.enum(['killed', 'timed-out', 'survived', 'invalid', 'unfinished']),
      killedBy: z.string().exactOptional(),
    })).max(1_000),
    left: count,
    unread: z.array(z.string()).max(100),
  }),
  z.object({ status: z.enum(['inconclusive', 'unavailable']), reason: z.string() }),
]));
