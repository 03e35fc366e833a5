import { createHash } from 'node:crypto';
import type { GateReport } from './gate-report.ts';

/** The head of the chain: trees and policy first, then each record of evidence, sealed to all before it. */
export function evidenceHead({ tree, base, policy, evidence }: Pick<GateReport, 'tree' | 'base' | 'evidence' | 'policy'>): string {
  return evidence.reduce((head, record) => seal(head, record), seal('', { tree, base, policy }));
}

function seal(head: string, record: unknown): string {
  return createHash('sha256').update(`${head}\n${stableJson(record)}`).digest('hex');
}

/** JSON with the keys of each object in order, so that equal values have equal text. */
export function stableJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).sort(([left], [right]) => (left < right ? -1 : 1)));
  });
}
