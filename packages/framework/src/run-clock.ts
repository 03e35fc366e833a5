import type { StepContext } from '@fw/agents-core';
import type { JournalEntry, LeafPort } from '@fw/workflow';
import { FrameworkError } from './framework-error.ts';

/** Holds a run to the time that its task gives it: from when it began, in whatever processes, without what it waited for people. */
export interface RunClock {
  /** Told of every entry as it settles, replayed ones too. */
  settled(entry: Pick<JournalEntry, 'kind' | 'at'>): void;
  /** Steps begin only while there is time, and are ended with it: the run pauses then. */
  limit(port: LeafPort): LeafPort;
}

/** The longest time that a timer of Node can hold. */
const longestTimerMs = 2 ** 31 - 1;

/** Times are epoch milliseconds. */
export function createRunClock({ startedAt, durationMs, now }: { readonly startedAt: number; readonly durationMs: number; readonly now: () => number }): RunClock {
  let waited = 0;
  let lastAt = startedAt;
  const left = (): number => startedAt + durationMs + waited - now();
  const over = (): FrameworkError => new FrameworkError('FW_RUN_DURATION', { message: `The ${String(durationMs)} ms of task.limits.durationMs are over. What is finished is kept; a fork has the whole time again.` });

  const within = async <T>(step: StepContext, run: (step: StepContext) => T | Promise<T>): Promise<T> => {
    const leftMs = left();
    if (leftMs <= 0) throw over();
    const ending = new AbortController();
    const late = Promise.withResolvers<never>();
    const timer = leftMs > longestTimerMs ? undefined : setTimeout(() => {
      const error = over();
      late.reject(error);
      ending.abort(error);
    }, leftMs);
    try {
      return await Promise.race([late.promise, Promise.resolve(run({ ...step, signal: AbortSignal.any([step.signal, ending.signal]) }))]);
    } finally {
      clearTimeout(timer);
    }
  };

  return {
    settled({ kind, at }) {
      // An answer of a person: nothing else had settled since.
      if (kind === 'signal') waited += Math.max(0, at - lastAt);
      lastAt = Math.max(lastAt, at);
    },
    limit: (port) => ({
      leaf: (name, run, options) => port.leaf(name, (step) => within(step, run), {
        ...options,
        pauses: (error) => ((error as { readonly code?: unknown } | null)?.code === 'FW_RUN_DURATION' ? { code: 'FW_RUN_DURATION', message: (error as Error).message } : options.pauses?.(error)),
      }),
    }),
  };
}
