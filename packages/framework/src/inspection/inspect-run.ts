import type { RunRecord, WorkflowDefinition } from '@fw/workflow';
import { effectivePolicy, policyOfRun } from '../effective-policy.ts';
import type { RunDetails } from '../framework.ts';
import { readRunInput } from '../run-input.ts';
import type { PlacedEntry } from '../run-projection.ts';
import { readCosts } from './costs.ts';
import type { AgentCost } from './costs.ts';
import { readLimitUse } from './limit-use.ts';
import type { LimitUse } from './limit-use.ts';
import { readMeasurements } from './measurements.ts';
import type { RunMeasurement } from './measurements.ts';
import { readPanels } from './read-panels.ts';
import type { ShownPanel } from './read-panels.ts';
import { readReceipts } from './receipts.ts';
import type { RunReceipt } from './receipts.ts';
import { flowOfReasons, readRevisions } from './revisions.ts';
import type { ReasonFlow, RunRevision } from './revisions.ts';
import { readSpans } from './spans.ts';
import type { RunSpan } from './spans.ts';

/** Everything about a run that a person may want to see at once; a projection of its journal, whatever state it is in. */
export interface RunInspection extends RunDetails {
  /** The machine that it goes through. */
  readonly definition: WorkflowDefinition;
  readonly simulated: boolean;
  /** What commands are contained by. */
  readonly sandbox: string;
  readonly forkedFrom: { readonly run: string; readonly seq: number; readonly entries: number } | null;
  /** Number of the last entry. */
  readonly lastSeq: number;
  readonly spans: readonly RunSpan[];
  readonly revisions: readonly RunRevision[];
  readonly reasons: readonly ReasonFlow[];
  readonly limits: readonly LimitUse[];
  readonly measurements: readonly RunMeasurement[];
  readonly costs: readonly AgentCost[];
  readonly receipts: readonly RunReceipt[];
  /** What plugins show of it. */
  readonly panels: readonly ShownPanel[];
}

export function inspectRun(details: RunDetails, record: RunRecord, entries: readonly PlacedEntry[]): RunInspection {
  const { task, config, simulated, contained, panels } = readRunInput(record.input);
  const policy = policyOfRun(config.policy);
  const spans = readSpans(entries);
  const revisions = readRevisions(entries, (artifacts) => effectivePolicy(policy, artifacts));
  const receipts = readReceipts(entries);
  const { forkedFrom } = record;
  return {
    ...details,
    definition: record.definition, simulated, sandbox: contained,
    forkedFrom: forkedFrom === undefined ? null : { run: forkedFrom.run, seq: forkedFrom.seq, entries: forkedFrom.entries },
    lastSeq: entries.at(-1)?.entry.seq ?? 0,
    spans, revisions, receipts,
    reasons: flowOfReasons(revisions),
    limits: readLimitUse(receipts, config, task),
    measurements: readMeasurements(entries),
    costs: readCosts(entries, spans),
    panels: readPanels(panels, details.artifacts, entries),
  };
}
