import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Agent, AgentContext, Json, Result } from '@fw/workflow';
import { createRestateEngine } from '@fw/engine-restate';
import type { RestateEngine, RestateEngineOptions } from '@fw/engine-restate';
import type { JournalEntry, RunHandle } from '@fw/workflow';
import { oneState } from './one-state.ts';

/** An agent of that state; what `work` returns is its result, nothing means done. */
export const worker = (work: (context: AgentContext) => Promise<Result | void>, more: Partial<Agent> = {}): Agent => ({
  specVersion: 1, name: 'worker', capabilities: ['work'],
  process: async (context) => (await work(context)) ?? { status: 'done', artifacts: [] },
  ...more,
});

/** An engine that is closed when the test ends. */
export function openEngine(options: RestateEngineOptions): RestateEngine {
  const engine = createRestateEngine(options);
  onTestFinished(() => engine.close());
  return engine;
}

export const start = (engine: RestateEngine, id: string, input: Json = { goal: 'x' }): Promise<RunHandle> => engine.start({ id, definition: oneState, input });

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'fw-engine-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export async function entriesOf(run: RunHandle): Promise<readonly JournalEntry[]> {
  const entries: JournalEntry[] = [];
  for await (const entry of run.events()) entries.push(entry as JournalEntry);
  return entries;
}

/** What fetch and child processes do with a signal. */
export const untilAborted = (signal: AbortSignal): Promise<never> => new Promise((_resolve, reject) => {
  const stop = (): void => reject(Object.assign(new Error('The operation was aborted.'), { code: 'ABORT_ERR' }));
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop, { once: true });
});
