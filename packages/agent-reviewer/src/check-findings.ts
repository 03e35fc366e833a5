import type { AgentContext, Finding } from '@fw/agents-core';
import { addedLines } from './added-lines.ts';
import type { AddedLine } from './added-lines.ts';
import { placeFinding } from './place-finding.ts';
import { readDiff } from './read-diff.ts';
import type { Diff } from './read-diff.ts';
import type { ReviewFinding } from './review.ts';

const most = 10;
/** Findings that are looked at; a model that makes more up is not worth the time. */
const looked = 50;
const order = ['critical', 'high', 'medium', 'low'] as const;

/** The findings that are kept: in a change those whose quote stands on an added line; the worst ten. */
export async function checkFindings(context: AgentContext, findings: readonly ReviewFinding[], diff: Diff | undefined | 'not-needed'): Promise<readonly Finding[]> {
  const kept: Finding[] = [];
  const worstFirst = order.flatMap((severity) => findings.filter((finding) => finding.severity === severity)).slice(0, looked);
  const known = new Map<string, readonly AddedLine[]>(typeof diff === 'object' ? addedLines(diff.text) : []);
  const asked = new Set<string>();
  for (const finding of worstFirst) {
    if (kept.length === most) break;
    if (diff === 'not-needed') {
      kept.push(toFinding(finding, finding.file, finding.line));
      continue;
    }
    const file = finding.file.replace(/^\.\//, '');
    let line = placeFinding(finding, known.get(file) ?? []);
    // The whole diff was cut: the one of this file alone may show the place.
    if (line === undefined && diff?.isCut === true && !asked.has(file) && asked.size < most) {
      asked.add(file);
      known.set(file, addedLines((await readDiff(context, file))?.text ?? '').get(file) ?? known.get(file) ?? []);
      line = placeFinding(finding, known.get(file) ?? []);
    }
    if (line !== undefined) kept.push(toFinding(finding, file, line));
  }
  return kept;
}

function toFinding({ category, severity, message, suggestion }: ReviewFinding, file: string, line: number): Finding {
  return { source: 'reviewer', rule: 'review', category, severity, file, line, message, ...(suggestion === undefined ? {} : { suggestion }), isNew: true };
}
