import { access } from 'node:fs/promises';
import path from 'node:path';
import type { Evidence } from '@fw/agents-core';
import { toGateReport, verifyReport } from '@fw/testing';
import type { GateReport, Policy, ReportVerification, Validator } from '@fw/testing';
import { openWorkspace } from '@fw/workspace';
import type { TaskWorkspace } from '@fw/agents-core';
import type { VerifyOptions } from './framework.ts';

/** What a run's report keeps of its last verdict; the records themselves stand in the report's own evidence. */
export interface RunGate extends Omit<GateReport, 'evidence'> {
  /** Ids of the records that the verdict rests on. */
  readonly evidence: readonly string[];
}

/** The gate of a run as it follows from its evidence. */
export function gateOfRun(sealed: { readonly evidence: readonly Evidence[]; readonly base: string; readonly tree: string; readonly policy: Policy }): RunGate {
  const evidence = sealed.evidence.filter((one) => one.kind === 'baseline' || one.tree === sealed.tree);
  return { ...toGateReport({ ...sealed, evidence }), evidence: evidence.map((one) => one.id) };
}

/** Verifies what `fw judge` printed, or a run's report. `rerun` measures in the run's own store where it is there, else in `open`. */
export async function verifyAnyReport(report: unknown, options: VerifyOptions, context: {
  readonly home: string;
  readonly validators: readonly Validator[];
  open(): Promise<TaskWorkspace>;
}): Promise<ReportVerification> {
  const given = gateReportIn(report);
  const shared = { ...(options.head !== undefined && { head: options.head }), ...(options.signal && { signal: options.signal }) };
  if (options.rerun !== true) return verifyReport(given, shared);
  const storage = path.join(context.home, 'runs', encodeURIComponent(runOf(report) ?? ''), 'workspace');
  const kept = runOf(report) !== undefined && await access(storage).then(() => true, () => false);
  const workspace = kept ? await openWorkspace({ storage, sandbox: 'preferred' }) : await context.open();
  try {
    return await verifyReport(given, { ...shared, ...(options.sealed !== undefined && { sealed: options.sealed }), rerun: true, workspace, validators: context.validators });
  } finally {
    await workspace.close();
  }
}

interface Loose {
  readonly [key: string]: unknown;
}

function gateReportIn(report: unknown): unknown {
  const { gate, evidence } = (isObject(report) ? report : {}) as Loose;
  if (!isObject(gate) || !Array.isArray(evidence) || !Array.isArray((gate as Loose)['evidence'])) return report;
  const ids = new Set((gate as Loose)['evidence'] as readonly unknown[]);
  return { ...gate, evidence: evidence.filter((one) => isObject(one) && ids.has((one as Loose)['id'])) };
}

function runOf(report: unknown): string | undefined {
  const { result } = (isObject(report) ? report : {}) as Loose;
  const { run } = (isObject(result) ? result : {}) as Loose;
  return typeof run === 'string' ? run : undefined;
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value);
