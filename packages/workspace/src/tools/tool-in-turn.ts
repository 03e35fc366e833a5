import type { Json, StepContext, Tool } from '@fw/agents-core';
import type { Mutex } from '../mutex.ts';

/** Calls of tools that write come one after the other; one that is aborted while it waits goes at once. */
export function toolInTurn(tool: Tool, inOrder: Mutex): Tool {
  if (tool.kind !== 'leaf' || tool.effect === 'pure') return tool;
  return {
    ...tool,
    run: (input: Json, step: StepContext) =>
      new Promise<Json>((resolve, reject) => {
        const abort = (): void => reject(step.signal.reason as Error);
        step.signal.addEventListener('abort', abort, { once: true });
        const work = inOrder(async () => {
          step.signal.removeEventListener('abort', abort);
          step.signal.throwIfAborted();
          return tool.run(input, step);
        });
        work.then(resolve, reject);
      }),
  };
}
