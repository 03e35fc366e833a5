import type { z } from 'zod';
import { withZod } from '@fw/agents-core/with-zod';
import type { Finding } from '@fw/agents-core';

/** Content of a `review` artifact. An approval passes nothing; only what is held back counts. */
export interface Review {
  readonly subject: ReviewSubject;
  readonly approved: boolean;
  /** At most ten, the worst first. */
  readonly findings: readonly ReviewedFinding[];
  readonly dropped: DroppedFindings;
  /** Of a change: how each pass went; a pass that failed has looked at nothing. */
  readonly passes: readonly PassReport[];
  /** Files of the change of which a part was not shown. */
  readonly cut: readonly string[];
}

export type ReviewSubject = 'design' | 'change';

export interface ReviewedFinding extends Finding {
  /** The text it is about. */
  readonly quote: string;
  /** What bears it out: `reproduction`, `pass: <name>`, `check: <source>/<rule>`. */
  readonly confirmedBy: readonly string[];
  /** The severity that the model gave, where nothing reproduced it. */
  readonly claimed?: Finding['severity'];
}

/** Findings that the model made and that are not kept, by reason. */
export interface DroppedFindings {
  /** Their quote stands on no changed line. */
  readonly invented: number;
  /** No check, reproduction or other pass bears them out. */
  readonly unconfirmed: number;
  /** More than ten, or more than are looked at. */
  readonly surplus: number;
}

export interface PassReport {
  readonly name: string;
  readonly status: 'done' | 'failed';
  /** That it made. */
  readonly findings: number;
  /** Why it failed. */
  readonly code?: string;
  readonly message?: string;
}

export const noneDropped: DroppedFindings = { invented: 0, unconfirmed: 0, surplus: 0 };

const severity = withZod((z) => z.enum(['low', 'medium', 'high', 'critical']));
const count = withZod((z) => z.number().int().min(0));

/** `review@1`. */
export const reviewSchema: z.ZodType<Review> = withZod((z) => z.object({
  subject: z.enum(['design', 'change']),
  approved: z.boolean(),
  findings: z.array(z.object({
    source: z.string(), rule: z.string(), category: z.string(), severity, file: z.string(), line: count,
    message: z.string(), suggestion: z.string().exactOptional(), isNew: z.boolean(),
    quote: z.string(), confirmedBy: z.array(z.string()), claimed: severity.exactOptional(),
  })).max(10),
  dropped: z.object({ invented: count, unconfirmed: count, surplus: count }),
  passes: z.array(z.object({ name: z.string(), status: z.enum(['done', 'failed']), findings: count, code: z.string().exactOptional(), message: z.string().exactOptional() })),
  cut: z.array(z.string()),
}));
