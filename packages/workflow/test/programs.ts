import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Agent, AgentContext, Result } from '@fw/agents-core';
import { createLocalEngine, defineWorkflow, WorkflowError } from '@fw/workflow';
import type { JournalEntry, JournalStore, LocalEngineOptions, WorkflowDefinition, WorkflowEngine } from '@fw/workflow';

/** One state with one agent: the smallest workflow. */
export const oneState: WorkflowDefinition = defineWorkflow({
  specVersion: 1, name: 'one', version: '1', initial: 'work',
  states: { work: { capabilities: ['work'], on: { done: { to: 'end', event: 'finished' } } }, end: { final: 'success' } },
});

/** An agent of that state; what `work` returns is its result, nothing means done. */
export const worker = (work: (context: AgentContext) => Promise<Result | void>, more: Partial<Agent> = {}): Agent => ({
  specVersion: 1, name: 'worker', capabilities: ['work'],
  process: async (context) => (await work(context)) ?? { status: 'done', artifacts: [] },
  ...more,
});

/** An engine that is closed when the test ends. */
export function openEngine(options: LocalEngineOptions): WorkflowEngine {
  const engine = createLocalEngine(options);
  onTestFinished(() => engine.close());
  return engine;
}

export function temporaryFile(): string {
  const directory = mkdtempSync(join(tmpdir(), 'fw-workflow-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return join(directory, 'journal.db');
}

/** A store whose appends go wrong where `fault` says so: before the entry is stored, or after it was stored but not acknowledged. */
export function faultyStore(store: JournalStore, fault: (entry: JournalEntry) => 'before' | 'after' | undefined): JournalStore {
  return {
    ...store,
    async append(run, token, entry) {
      const when = fault(entry);
      if (when !== 'before') await store.append(run, token, entry);
      if (when) throw new WorkflowError('FW_STORE_FAILED', { message: 'The disk is full.' });
    },
  };
}

/** A promise that is settled from outside. */
export function deferred<T = void>(): { readonly promise: Promise<T>; resolve(value: T): void } {
  return Promise.withResolvers<T>();
}

export const untilAborted = (signal: AbortSignal): Promise<never> => new Promise((_resolve, reject) => {
  const stop = (): void => reject(Object.assign(new Error('The operation was aborted.'), { code: 'ABORT_ERR' }));
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop, { once: true });
});
