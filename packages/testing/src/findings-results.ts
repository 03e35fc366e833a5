import type { Finding, Severity } from '@fw/agents-core';
import type { z } from 'zod';
import { withZod } from '@fw/agents-core/with-zod';
import { clip } from './clip.ts';
import { resourceUsageSchema } from './resource-usage.ts';
import type { ResourceUsage } from './resource-usage.ts';

/** One finding as a validator has to give it. */
export const findingSchema: z.ZodType<Finding> = withZod((z) => z.object({
  source: z.string().min(1).max(200),
  rule: z.string().min(1).max(200),
  category: z.string().min(1).max(200),
  severity: z.enum(['low', 'medium', 'high', 'critical']),
  file: z.string().max(4_096),
  line: z.number().int().min(0),
  message: z.string(),
  suggestion: z.string().exactOptional(),
  isNew: z.boolean(),
}));

/** What a validator found, small enough to be kept. */
export type FindingsResults =
  | {
      readonly status: 'measured';
      readonly validator: string;
      readonly findings: readonly Finding[];
      readonly total: number;
      readonly newBySeverity: { readonly [severity in Severity]: number };
      /** Files that could not be looked at whole. */
      readonly partly?: readonly string[];
      /** What else the gate says with its numbers. */
      readonly note?: string;
      /** What the commands behind it took on the judged tree, and on the base. */
      readonly resources?: CommandsUsage;
    }
  | { readonly status: 'inconclusive' | 'unavailable'; readonly validator: string; readonly reason: string };

/** What the same commands took on two trees. */
export interface CommandsUsage {
  readonly head: ResourceUsage;
  readonly base?: ResourceUsage;
}

/** The form of `results` in evidence that is findings: kind `secrets`, `security`, `types` or `lint` for ours, `findings` for a plugin's. */
export const findingsResultsSchema: z.ZodType<FindingsResults> = withZod((z) => z.discriminatedUnion('status', [
  z.object({
    status: z.literal('measured'),
    validator: z.string(),
    findings: z.array(findingSchema).max(1_000),
    total: z.number().int().min(0),
    newBySeverity: z.record(z.enum(['low', 'medium', 'high', 'critical']), z.number().int().min(0)),
    partly: z.array(z.string()).max(100).exactOptional(),
    note: z.string().max(2_000).exactOptional(),
    resources: z.object({ head: resourceUsageSchema, base: resourceUsageSchema.exactOptional() }).exactOptional(),
  }),
  z.object({ status: z.enum(['inconclusive', 'unavailable']), validator: z.string(), reason: z.string() }),
]));

/** Findings as `results` of evidence: at most 1,000, new and severe ones first, with counts of all new ones. */
export function toFindingsResults(validator: string, found: readonly Finding[], said: { readonly partly?: readonly string[]; readonly note?: string; readonly resources?: CommandsUsage } = {}): FindingsResults {
  const findings = [...found].sort((left, right) => weight(right) - weight(left));
  const count = (severity: Severity): number => findings.filter((finding) => finding.isNew && finding.severity === severity).length;
  return {
    status: 'measured',
    validator,
    findings: findings.slice(0, 1_000).map((finding) => ({ ...finding, message: clip(finding.message, 2_000) })),
    total: findings.length,
    newBySeverity: { low: count('low'), medium: count('medium'), high: count('high'), critical: count('critical') },
    ...said,
  };
}

function weight(finding: Finding): number {
  return (finding.isNew ? 10 : 0) + ['low', 'medium', 'high', 'critical'].indexOf(finding.severity);
}
