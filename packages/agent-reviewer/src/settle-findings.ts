import type { Finding, Severity, ToolExchange } from '@fw/agents-core';
import { agree } from './agreement.ts';
import type { Statement } from './agreement.ts';
import type { FileLines } from './changed-lines.ts';
import { placeFinding } from './place-finding.ts';
import type { ReviewFinding } from './review-input.ts';
import { isReproduced } from './reproduction.ts';
import type { DroppedFindings, ReviewedFinding } from './review.ts';

/** What one pass has found, and the calls that it made. */
export interface PassFindings {
  readonly pass: string;
  readonly findings: readonly ReviewFinding[];
  readonly exchanges: readonly ToolExchange[];
}

export interface ChangeView {
  readonly diff: string;
  /** The changed lines of a file, by its newer name. */
  lines(file: string): FileLines | undefined;
  /** What validators say of the change. */
  readonly checks: readonly Finding[];
}

export const mostFindings = 10;
/** Findings of a pass that are looked at; a model that makes more up is not worth the time. */
const looked = 50;
const order: readonly Severity[] = ['critical', 'high', 'medium', 'low'];

/** Which findings are kept: on a changed line, and borne out by a check, a reproduction or another pass. */
export function settleFindings(passes: readonly PassFindings[], view: ChangeView): { readonly findings: readonly ReviewedFinding[]; readonly dropped: DroppedFindings } {
  const all = passes.flatMap(({ pass, findings, exchanges }) => worstFirst(findings).slice(0, looked).map((finding) => ({ pass, finding, exchanges })));
  const placed = all.flatMap(({ pass, finding, exchanges }): readonly Placed[] => {
    const file = finding.file.replace(/^(\.\/)+/, '');
    const lines = view.lines(file);
    const place = lines === undefined ? undefined : placeFinding(finding, lines);
    return place === undefined ? [] : [{ pass, finding, file, place, category: finding.category, message: finding.message, isReproduced: isReproduced(finding.shownBy, exchanges, view.diff) }];
  });
  const groups = group(placed.toSorted((left, right) => Number(right.isReproduced) - Number(left.isReproduced) || rank(left.finding.severity) - rank(right.finding.severity)));
  const kept = groups.flatMap((members) => settle(members, view.checks) ?? []).sort((left, right) => rank(left.severity) - rank(right.severity));
  return {
    findings: kept.slice(0, mostFindings),
    dropped: {
      invented: all.length - placed.length,
      unconfirmed: groups.length - kept.length,
      surplus: Math.max(0, kept.length - mostFindings) + passes.reduce((sum, { findings }) => sum + Math.max(0, findings.length - looked), 0),
    },
  };
}

/** The worst first, otherwise as they were given. */
export function worstFirst<One extends { readonly severity: Severity }>(findings: readonly One[]): readonly One[] {
  return findings.toSorted((left, right) => rank(left.severity) - rank(right.severity));
}

interface Placed extends Statement {
  readonly pass: string;
  readonly finding: ReviewFinding;
  readonly isReproduced: boolean;
}

/** Findings that agree are one; the first of a group speaks for it. */
function group(placed: readonly Placed[]): readonly (readonly Placed[])[] {
  const groups: Placed[][] = [];
  for (const one of placed) {
    // What one pass says of two lines are two things, unless it has said the same twice.
    const same = groups.find(([first, ...others]) => first !== undefined && agree(first, one) && [first, ...others].every((other) => other.pass !== one.pass || (other.place.line === one.place.line && other.message === one.message)));
    if (same === undefined) groups.push([one]);
    else same.push(one);
  }
  return groups;
}

function settle(members: readonly Placed[], checks: readonly Finding[]): ReviewedFinding | undefined {
  const [first] = members;
  if (first === undefined) return undefined;
  const { finding, file, place } = first;
  const passes = [...new Set(members.map(({ pass }) => pass))];
  const check = checks.find((one) => one.isNew && one.line > 0 && agree({ ...one, place: { line: one.line, end: one.line } }, first));
  const confirmedBy = [
    ...(first.isReproduced ? ['reproduction'] : []),
    ...(check === undefined ? [] : [`check: ${check.source}/${check.rule}`]),
    ...(passes.length > 1 ? passes.map((pass) => `pass: ${pass}`) : []),
  ];
  if (confirmedBy.length === 0) return undefined;
  // What nobody else has shown to be so bad is not made so by one who has only said it.
  const worst = worstFirst(members.filter((member) => member.isReproduced || !first.isReproduced).map((member) => member.finding))[0]?.severity ?? finding.severity;
  const isLowered = !first.isReproduced && rank(worst) < rank('medium');
  return {
    source: 'reviewer', rule: first.pass, category: finding.category, severity: isLowered ? 'medium' : worst, file, line: place.line,
    message: isLowered ? `${finding.message} (Given as ${worst}; lowered, since nothing reproduces it.)` : finding.message,
    ...(finding.suggestion === undefined ? {} : { suggestion: finding.suggestion }), isNew: true,
    quote: finding.quote, confirmedBy, ...(isLowered ? { claimed: worst } : {}),
  };
}

function rank(severity: Severity): number {
  return order.indexOf(severity);
}
