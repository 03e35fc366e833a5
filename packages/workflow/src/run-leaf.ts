import { AsyncLocalStorage } from 'node:async_hooks';
import type { Json, StepContext } from '@fw/agents-core';
import { linkAbort } from './abort-link.ts';
import type { Command, LeafOutput, Outcome, Pause } from './machine.ts';
import { plainJson } from './plain-json.ts';
import { describeError, WorkflowError } from './workflow-error.ts';

const leafKey = new AsyncLocalStorage<string | undefined>();
/** The longest time that a timer of Node can hold; a limit above it never strikes. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export interface LeafHost {
  readonly clock: () => number;
  onDelta(index: number, delta: Json): void;
}

export type LeafEnd = Outcome & { readonly pause?: Pause };

/** Runs the function of a leaf with everything a leaf may have. Never throws or rejects; no promise when the function gave none. */
export function runLeaf(command: Command, attempt: number, host: LeafHost): LeafEnd | Promise<LeafEnd> {
  if (command.timeoutMs !== undefined && command.timeoutMs <= MAX_TIMER_MS) return runLimited(command, attempt, command.timeoutMs, host);
  const step = stepContext(command, attempt, command.abort, host);
  try {
    const given = leafKey.run(command.key, command.run!, step);
    return isThenable(given) ? endLater(command, given, host) : doneWith(command, given, host);
  } catch (error) {
    return failedWith(command, error, host);
  }
}

function endLater(command: Command, given: PromiseLike<LeafOutput>, host: LeafHost): Promise<LeafEnd> {
  return Promise.resolve(given).then((output) => doneWith(command, output, host)).catch((error: unknown) => failedWith(command, error, host));
}

async function runLimited(command: Command, attempt: number, timeoutMs: number, host: LeafHost): Promise<LeafEnd> {
  const limit = linkAbort(command.abort);
  const expired = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const error = new WorkflowError('FW_STEP_TIMEOUT', { message: `"${command.key}" took longer than ${timeoutMs} ms.` });
    expired.reject(error);
    limit.abort(error);
  }, timeoutMs);
  try {
    const running = leafKey.run(command.key, async () => command.run!(stepContext(command, attempt, limit.signal, host)));
    return doneWith(command, await Promise.race([running, expired.promise]), host);
  } catch (error) {
    return failedWith(command, error, host);
  } finally {
    clearTimeout(timer);
    limit.unlink();
  }
}

function stepContext({ key }: Command, attempt: number, signal: AbortSignal, host: LeafHost): StepContext {
  let index = 0;
  return { key, attempt, signal, progress: (delta) => host.onDelta(index++, delta) };
}

function doneWith(command: Command, given: LeafOutput, host: LeafHost): LeafEnd {
  const { output, tree } = given;
  const json = jsonOf(output, command.key);
  return tree === undefined ? { at: host.clock(), output: json } : { at: host.clock(), output: json, tree };
}

function failedWith(command: Command, error: unknown, host: LeafHost): LeafEnd {
  const kept = plainJson(command.keeps?.(error));
  const output = kept === undefined ? {} : { output: kept };
  // How a function takes an abort depends on when it came; the journal must not.
  if (command.abort.aborted) return { ...abortedBy(command.abort, host.clock()), ...output };
  const pause = command.pauses?.(error);
  return { at: host.clock(), ...output, error: describeError(error), ...(pause && { pause: describeError(pause) }) };
}

export const isThenable = <T>(value: T | PromiseLike<T>): value is PromiseLike<T> =>
  value !== null && typeof value === 'object' && typeof (value as { then?: unknown }).then === 'function';

/** Runs a program as if no leaf were around it: a leaf may start or wake another run. */
export const outsideLeaf = <T>(work: () => T): T => leafKey.run(undefined, work);

/** @throws WorkflowError `FW_WORKFLOW_NESTED` where a leaf asks for it: a replay does not run the leaf, so it would count differently. */
export function assertOutsideLeaf(what: unknown): void {
  const leaf = leafKey.getStore();
  if (leaf !== undefined) {
    throw new WorkflowError('FW_WORKFLOW_NESTED', { message: `${String(JSON.stringify(what)).slice(0, 100)} was asked for inside the leaf "${leaf}": a leaf has no durable operations. Make the tool composite, or do it before or after the leaf.` });
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
