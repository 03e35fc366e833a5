import type { Evidence } from '@fw/agents-core';
import { summarizeEvidence } from '../run-events.ts';
import { evidenceIn } from '../run-projection.ts';
import type { PlacedEntry } from '../run-projection.ts';

/** One thing that the runner measured, small enough for a list. */
export interface RunMeasurement {
  readonly id: string;
  readonly seq: number;
  readonly kind: string;
  readonly state: string;
  readonly visit: number;
  readonly tree: string;
  readonly at: number;
  readonly durationMs: number;
  readonly exitCode: number;
  readonly sandbox: string;
  readonly summary: string;
  /** Of tests. */
  readonly tests: { readonly passed: number; readonly failed: number; readonly skipped: number } | null;
  /** Shares from 0 to 1; null where there is nothing to count. */
  readonly coverage: { readonly lines: number | null; readonly branches: number | null; readonly changedLines: number | null } | null;
  /** Tests that did not pass, the first of them. */
  readonly failures: readonly { readonly id: string; readonly status: string; readonly message: string }[];
}

const mostFailures = 50;
const longestMessage = 2_000;

/** What was measured in a run, in order. */
export function readMeasurements(entries: readonly PlacedEntry[]): readonly RunMeasurement[] {
  return entries.flatMap((placed) => evidenceIn(placed).map((one) => measurementOf(one, placed)));
}

interface Loose { readonly [key: string]: unknown }

function measurementOf(one: Evidence, { entry, state, visit }: PlacedEntry): RunMeasurement {
  const results = objectIn(one.results);
  const nested = objectIn(results['tests']);
  const report = objectIn(results['report'] ?? nested['report']);
  const cases = Array.isArray(results['cases'] ?? nested['cases']) ? (results['cases'] ?? nested['cases']) as readonly Loose[] : [];
  const coverage = one.kind === 'coverage' ? results : objectIn(results['coverage']);
  const isTests = typeof report['passed'] === 'number';
  return {
    id: one.id, seq: entry.seq, kind: one.kind, state, visit, tree: one.tree, at: one.startedAt, durationMs: one.durationMs, exitCode: one.exitCode, sandbox: one.sandbox,
    summary: summarizeEvidence(one),
    tests: isTests ? { passed: count(report['passed']), failed: count(report['failed']) + count(report['errored']) + count(report['timedOut']), skipped: count(report['skipped']) } : null,
    coverage: coverage['status'] === 'measured' ? { lines: share(coverage['lines']), branches: share(coverage['branches']), changedLines: share(coverage['changedLines']) } : null,
    failures: isTests ? cases.filter(({ status }) => status !== 'passed' && status !== 'skipped' && status !== 'todo').slice(0, mostFailures).map(({ id, status, message }) => ({
      id: String(id), status: String(status), message: typeof message === 'string' ? message.slice(0, longestMessage).toWellFormed() : '',
    })) : [],
  };
}

const objectIn = (value: unknown): Loose => (value !== null && typeof value === 'object' && !Array.isArray(value) ? value as Loose : {});
const count = (value: unknown): number => (typeof value === 'number' ? value : 0);
const share = (value: unknown): number | null => (typeof value === 'number' ? value : null);
