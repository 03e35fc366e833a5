import { AsyncLocalStorage } from 'node:async_hooks';
import type { Json, StepContext } from '@fw/agents-core';
import { linkAbort } from './abort-link.ts';
import type { Command, Outcome, Pause } from './machine.ts';
import { plainJson } from './plain-json.ts';
import { describeError, WorkflowError } from './workflow-error.ts';

const leafKey = new AsyncLocalStorage<string | undefined>();
/** The longest time that a timer of Node can hold; a limit above it never strikes. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Runs the function of a leaf with everything a leaf may have. Never rejects. */
export async function runLeaf(command: Command, attempt: number, host: { readonly clock: () => number; onDelta(index: number, delta: Json): void }): Promise<Outcome & { readonly pause?: Pause }> {
  const limit = command.timeoutMs !== undefined && command.timeoutMs <= MAX_TIMER_MS ? linkAbort(command.abort) : undefined;
  let index = 0;
  const step: StepContext = { key: command.key, attempt, signal: limit?.signal ?? command.abort, progress: (delta) => host.onDelta(index++, delta) };
  const expired = Promise.withResolvers<never>();
  const timer = limit && setTimeout(() => {
    const error = new WorkflowError('FW_STEP_TIMEOUT', { message: `"${command.key}" took longer than ${command.timeoutMs} ms.` });
    expired.reject(error);
    limit.abort(error);
  }, command.timeoutMs);
  try {
    const running = leafKey.run(command.key, async () => command.run!(step));
    const { output, tree } = await (limit ? Promise.race([running, expired.promise]) : running);
    return { at: host.clock(), output: jsonOf(output, command.key), ...(tree !== undefined && { tree }) };
  } catch (error) {
    // How a function takes an abort depends on when it came; the journal must not.
    if (command.abort.aborted) return abortedBy(command.abort, host.clock());
    const pause = command.pauses?.(error);
    return { at: host.clock(), error: describeError(error), ...(pause && { pause: describeError(pause) }) };
  } finally {
    clearTimeout(timer);
    limit?.unlink();
  }
}

/** Runs a program as if no leaf were around it: a leaf may start or wake another run. */
export const outsideLeaf = <T>(work: () => T): T => leafKey.run(undefined, work);

/** @throws WorkflowError `FW_WORKFLOW_NESTED` where a leaf asks for it: a replay does not run the leaf, so it would count differently. */
export function assertOutsideLeaf(what: string): void {
  const leaf = leafKey.getStore();
  if (leaf !== undefined) {
    throw new WorkflowError('FW_WORKFLOW_NESTED', { message: `${what} was asked for inside the leaf "${leaf}": a leaf has no durable operations. Make the tool composite, or do it before or after the leaf.` });
  }
}

export function abortedBy(signal: AbortSignal, at: number): Outcome {
  const { code, message } = describeError(signal.reason);
  return { at, error: { code: code.startsWith('FW_') ? code : 'FW_WORKFLOW_ABORTED', message } };
}

/** A `once` step that was begun by a process that died. */
export const uncertain = (key: string): { readonly code: string; readonly message: string } =>
  ({ code: 'FW_STEP_UNCERTAIN', message: `"${key}" was begun by a process that died; whether it took effect is not known, and it may run only once.` });

/** What enters the journal is exactly what a replay gives back. */
function jsonOf(output: unknown, key: string): Json {
  if (output === undefined) return null;
  const json = plainJson(output);
  if (json === undefined) throw new WorkflowError('FW_STEP_OUTPUT', { message: `"${key}" returned a value that is not JSON. Return plain data.` });
  return json;
}
