import type { z } from 'zod';
import { withZod } from '@fw/agents-core/with-zod';

/** What benchmarks took before and after a change. */
export type PerformanceResults =
  | { readonly status: 'measured'; readonly benchmarks: readonly BenchmarkResult[] }
  | { readonly status: 'unavailable'; readonly reason: string };

export interface BenchmarkResult {
  readonly file: string;
  /** `failed`: it runs on the base and no more after the change; `unavailable`: it does not run on the base. */
  readonly status: 'measured' | 'failed' | 'unavailable';
  readonly reason?: string;
  /** Processor time in milliseconds of pairs of fresh processes, before and after the change, in the order in which they ran. */
  readonly cpuMs: readonly (readonly [number, number])[];
}

const time = withZod((z) => z.number().min(0));

/** The form of `results` in evidence of kind `performance`. */
export const performanceResultsSchema: z.ZodType<PerformanceResults> = withZod((z) => z.discriminatedUnion('status', [
  z.object({
    status: z.literal('measured'),
    benchmarks: z.array(z.object({
      file: z.string(),
      status: z.enum(['measured', 'failed', 'unavailable']),
      reason: z.string().exactOptional(),
      cpuMs: z.array(z.tuple([time, time])).max(1_000),
    })).max(100),
  }),
  z.object({ status: z.literal('unavailable'), reason: z.string() }),
]));
