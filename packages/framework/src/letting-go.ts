import type { WorkflowEngine } from '@fw/workflow';
import type { RunResult } from './framework.ts';
import type { RunBook } from './run-book.ts';

/** What happens to runs that this process worked on and that nobody here follows. */
export interface LettingGo {
  /** From here on the reports of such runs are written. */
  to(engine: Promise<WorkflowEngine>, onRun: (result: RunResult) => void): void;
  /** The process let a run go: it has ended, waits, or was put down. */
  run(run: string): void;
  close(): Promise<void>;
}

export function createLettingGo(book: RunBook): LettingGo {
  const concluding = new Map<string, Promise<void>>();
  let conclude: ((run: string) => Promise<void>) | undefined;
  return {
    to(engine, onRun) {
      conclude = async (run) => {
        const handle = await (await engine).watch(run);
        onRun(await book.conclude(run, await handle.settled()));
      };
    },
    run(run) {
      if (!conclude || concluding.has(run)) return;
      // A run that cannot go on here has no report: it is tried again, or resumed.
      concluding.set(run, conclude(run).catch(() => {}).finally(() => concluding.delete(run)));
    },
    async close() {
      await Promise.allSettled(concluding.values());
    },
  };
}
