import { setTimeout as delay } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import type { Agent, AgentContext, Json } from '@fw/agents-core';
import type { WorkflowDefinition } from '../definition.ts';
import type { RunHandle, WorkflowEngine } from '../engine.ts';
import type { JournalEntry } from '../journal-entry.ts';
import { projectEntries } from '../projection.ts';
import type { ProjectedEntry } from '../projection.ts';
import { oneState, workerOf } from './one-state.ts';

/** Makes an engine on one store; called again after the first was closed, as the next process does. */
export type EngineFactory = (options: { readonly agents: readonly Agent[]; readonly definitions?: readonly WorkflowDefinition[] }) => WorkflowEngine | Promise<WorkflowEngine>;

/** Opens engines on one empty store; each is closed when the test ends. */
export type OpenEngines = () => Promise<(work: Work, definitions?: readonly WorkflowDefinition[]) => Promise<WorkflowEngine>>;

export const openerOf = (create: () => EngineFactory | Promise<EngineFactory>): OpenEngines => async () => {
  const factory = await create();
  return async (work, definitions) => {
    const engine = await factory({ agents: [workerOf(work)], ...(definitions && { definitions }) });
    onTestFinished(() => engine.close());
    return engine;
  };
};

export const start = (engine: WorkflowEngine, id = 'r'): Promise<RunHandle> => engine.start({ id, definition: oneState, input: { goal: 'x' } });

export type Work = (context: AgentContext) => Promise<unknown>;

export async function entriesOf(run: RunHandle, from = 0): Promise<JournalEntry[]> {
  const entries: JournalEntry[] = [];
  for await (const entry of run.events({ from })) entries.push(entry as JournalEntry);
  return entries;
}

export const projectionOf = async (run: RunHandle): Promise<readonly ProjectedEntry[]> => projectEntries(await entriesOf(run));

/** Keys contain the run's id. */
export const withoutRun = (entries: readonly ProjectedEntry[], id: string): Json => JSON.parse(JSON.stringify(entries).replaceAll(`"${id}/`, '"')) as Json;

export function note(calls: string[], step: { readonly key: string; readonly attempt: number }): number {
  return calls.push(`${step.key.split('/').at(-1)} ${step.attempt}`);
}

export async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await delay(5);
}

/** What fetch and child processes do with a signal. */
export function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const stop = (): void => reject(Object.assign(new Error('The operation was aborted.'), { code: 'ABORT_ERR' }));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}
