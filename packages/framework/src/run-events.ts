import type { Artifact, Evidence, Json, ToolOutput } from '@fw/agents-core';
import { addUsage, noUsage } from '@fw/models';
import type { Policy } from '@fw/testing';
import type { WorkflowDefinition } from '@fw/workflow';
import { verdictOf } from './guards.ts';
import { describeQuestion } from './questions.ts';
import type { RunEventBody } from './run-event.ts';
import { artifactsIn, attemptsIn, evidenceIn, isEnter, isLeave, responseIn } from './run-projection.ts';
import type { Entered, Left, PlacedEntry } from './run-projection.ts';

/** Turns journal entries into the events that users see. Holds what the verdict is recomputed from. `question` is what an entry asks that begins to wait. */
export function createEventProjection(definition: WorkflowDefinition, policyOf: (artifacts: readonly Artifact[]) => Policy): (placed: PlacedEntry, question?: Json) => readonly RunEventBody[] {
  const evidence: Evidence[] = [];
  const artifacts: Artifact[] = [];
  let enteredAt = 0;

  return (placed, question) => {
    const { entry, state, agent } = placed;
    if (isEnter(placed)) {
      enteredAt = entry.at;
      const { visit, agents } = placed.output as unknown as Entered;
      return [{ type: 'state.entered', state, visit, agents }];
    }
    if (isLeave(placed)) {
      artifacts.push(...artifactsIn(placed));
      return leftEvents(placed, entry.at - enteredAt, evidence, policyOf(artifacts), definition);
    }
    if (entry.kind === 'begin') return questionIn(placed, question, definition);
    if (entry.origin === 'model') return [modelEvent(placed)];
    if (entry.origin === 'tool') {
      const { ok = true, code } = (placed.output ?? {}) as Partial<ToolOutput>;
      return [{ type: 'tool.called', state, agent, tool: placed.step.replace(/^tool\./, ''), ok: ok && !entry.error, ...(code !== undefined && { code }), ...(entry.error && { code: entry.error.code }) }];
    }
    const recorded = evidenceIn(placed);
    evidence.push(...recorded);
    return recorded.map((one) => ({ type: 'evidence.recorded', id: one.id, kind: one.kind, tree: one.tree, exitCode: one.exitCode, summary: summarizeEvidence(one) }));
  };
}

function leftEvents(placed: PlacedEntry, durationMs: number, evidence: readonly Evidence[], policy: Policy, definition: WorkflowDefinition): readonly RunEventBody[] {
  const left = placed.output as unknown as Left;
  const events: RunEventBody[] = [];
  const newest = evidence.findLast((one) => one.kind !== 'baseline');
  if (newest && isBeforeGate(definition, left.from)) {
    const { verdict, gates } = verdictOf({ evidence, tree: newest.tree, policy });
    events.push({ type: 'verdict.given', verdict, gates: gates.map(({ gate, status, message }) => ({ gate, status, message })) });
  }
  events.push({ type: 'state.left', state: placed.state, visit: placed.visit, event: left.event, to: left.to, outcome: left.outcome, durationMs });
  if (left.outcome === 'revise') events.push({ type: 'revision.requested', from: left.from, to: left.to, requests: left.requests });
  return events;
}

/** Whether the verdict decides how a state is left. */
function isBeforeGate({ states }: WorkflowDefinition, name: string): boolean {
  const state = states[name];
  return state !== undefined && 'on' in state && state.on['done']?.guard === 'success';
}

function modelEvent(placed: PlacedEntry): RunEventBody {
  const response = responseIn(placed);
  const attempts = attemptsIn(placed);
  return {
    type: 'model.called', state: placed.state, agent: placed.agent,
    model: response?.model ?? attempts.at(-1)?.model ?? 'unknown',
    usage: attempts.reduce((sum, attempt) => addUsage(sum, attempt.usage), noUsage),
    ...(placed.entry.error && { failure: placed.entry.error.code }),
  };
}

/** The signal that an entry begins to wait for. */
export function signalOf({ entry, step }: PlacedEntry): string | undefined {
  return entry.kind === 'begin' && entry.origin === 'engine' && step.startsWith('wait:') ? step.slice('wait:'.length) : undefined;
}

function questionIn(placed: PlacedEntry, question: Json | undefined, definition: WorkflowDefinition): readonly RunEventBody[] {
  const name = signalOf(placed);
  const asked = name === undefined ? undefined : describeQuestion({ name, ...(question !== undefined && { question }) }, definition);
  return asked === undefined ? [] : [{ type: 'approval.requested', gate: asked.gate, question: asked.text }];
}

/** One line for a person. */
export function summarizeEvidence({ kind, results }: Evidence): string {
  const { report, tests, status, red, total, reason, lines } = (results ?? {}) as { readonly [key: string]: unknown };
  const run = (report ?? (tests as { readonly report?: unknown } | undefined)?.report) as { readonly status: string; readonly passed: number; readonly failed: number; readonly errored: number; readonly timedOut: number; readonly reason?: string } | undefined;
  if (run) return `${run.passed} passed, ${run.failed + run.errored + run.timedOut} failed (${run.status}${run.reason === undefined ? '' : `: ${run.reason}`})`;
  if (typeof lines === 'number') return `${(lines * 100).toFixed(1)} % of lines covered`;
  if (kind === 'red-first' && typeof red === 'number') return `${red} of ${String(total)} new tests were red before the change`;
  return [status, reason ?? (typeof total === 'number' ? `${total} findings` : undefined)].filter((part) => part !== undefined).join(': ');
}
