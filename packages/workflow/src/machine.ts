import { AsyncLocalStorage } from 'node:async_hooks';
import type { Effect, Json, StepContext } from '@fw/agents-core';
import type { Origin } from './journal-entry.ts';
import { describeError, WorkflowError } from './workflow-error.ts';

/** One durable operation as the program asked for it. */
export interface Command {
  readonly key: string;
  readonly order: readonly number[];
  readonly kind: 'step' | 'signal' | 'timer' | 'child';
  readonly origin: Origin;
  /** Digest of the input; empty without one. */
  readonly input: string;
  readonly effect: Effect;
  readonly abort: AbortSignal;
  /** `step` only. */
  readonly run?: (step: StepContext) => LeafOutput | Promise<LeafOutput>;
  readonly timeoutMs?: number;
  /** Says whether an error of this step pauses the run instead of ending the step. */
  readonly pauses?: (error: unknown) => Pause | undefined;
  /** `signal` only. */
  readonly signal?: { readonly name: string; readonly ordinal: number; readonly question?: Json; readonly schema?: Json };
  /** `timer`, and `signal` with a limit. */
  readonly durationMs?: number;
  /** `child` only. */
  readonly child?: { readonly id: string; readonly definition: string; readonly input: Json };
}

export interface LeafOutput {
  readonly output: Json;
  readonly tree?: string;
}

/** Why a run stops without an end; it can be resumed. */
export interface Pause {
  readonly code: string;
  readonly message: string;
}

export interface Outcome {
  readonly at: number;
  readonly output?: Json;
  readonly tree?: string;
  readonly error?: { readonly code: string; readonly message: string };
}

/** What an engine does for the machine. */
export interface Backend {
  /** Seeds `random()` and `id()`. */
  readonly seed: string;
  start(command: Command): void;
  /** The next operation to settle, in journaled order. */
  next(): Promise<{ readonly key: string; readonly outcome: Outcome }>;
  /** Called when the program has ended: everything in the journal must have been asked for. */
  finish(): void;
}

const insideLeaf = new AsyncLocalStorage<string>();
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const STALL_TURNS = 50;
const STALL_GRACE_MS = 1_000;

/** Turns what the program asks for into commands and settles them one at a time, in journaled order. */
export class Machine {
  /** How often each signal was waited for so far. */
  readonly signals: Map<string, number> = new Map();
  readonly #backend: Backend;
  readonly #outstanding = new Map<string, { resolve(outcome: Outcome): void; reject(error: Error): void }>();
  #now: number;
  #cancelled: WorkflowError | undefined;

  constructor(backend: Backend, startedAt: number) {
    this.#backend = backend;
    this.#now = startedAt;
  }

  get now(): number {
    return this.#now;
  }

  get seed(): string {
    return this.#backend.seed;
  }

  /** From here on every new operation is refused; those under way settle. */
  cancel(error: WorkflowError): void {
    this.#cancelled = error;
  }

  issue(command: Command): Promise<Outcome> {
    const leaf = insideLeaf.getStore();
    if (leaf !== undefined) {
      return Promise.reject(new WorkflowError('FW_WORKFLOW_NESTED', { message: `"${command.key}" was asked for inside the leaf "${leaf}": a leaf has no steps. Make the tool composite, or do it after the leaf.` }));
    }
    if (this.#cancelled) return Promise.reject(this.#cancelled);
    return new Promise((resolve, reject) => {
      this.#outstanding.set(command.key, { resolve, reject });
      this.#backend.start(command);
    });
  }

  /** Drives the program to its end. The only place that awaits the backend. */
  async drive<T>(program: () => Promise<T>): Promise<T> {
    let end: { readonly value: T } | { readonly error: unknown } | undefined;
    program().then((value) => { end = { value }; }, (error: unknown) => { end = { error }; });
    for (;;) {
      await turn();
      if (!end && this.#outstanding.size === 0) await this.#waitForProgram(() => end !== undefined);
      if (end) {
        if ('error' in end) throw end.error;
        this.#backend.finish();
        return end.value;
      }
      const { key, outcome } = await this.#backend.next();
      this.#settle(key, outcome);
    }
  }

  #settle(key: string, outcome: Outcome): void {
    const waiting = this.#outstanding.get(key);
    if (!waiting) throw new WorkflowError('FW_WORKFLOW_DIVERGED', { message: `"${key}" was settled, but the program did not ask for it.` });
    this.#outstanding.delete(key);
    this.#now = Math.max(this.#now, outcome.at);
    if (outcome.error) waiting.reject(new WorkflowError(outcome.error.code, { message: outcome.error.message }));
    else waiting.resolve(outcome);
  }

  /** Nothing is under way: the program either ends or asks soon, or it awaits something that no journal knows. */
  async #waitForProgram(ended: () => boolean): Promise<void> {
    const ready = (): boolean => ended() || this.#outstanding.size > 0;
    for (let count = 0; count < STALL_TURNS && !ready(); count++) await turn();
    for (let waited = 0; waited < STALL_GRACE_MS && !ready(); waited += 20) await new Promise((resolve) => setTimeout(resolve, 20));
    if (!ready()) {
      throw new WorkflowError('FW_WORKFLOW_STALLED', { message: 'The agent awaits something that is not a durable operation. Put timers, I/O and foreign promises into context.step.' });
    }
  }
}

/** Runs the function of a leaf with everything a leaf may have. Never rejects. */
export async function runLeaf(command: Command, attempt: number, host: { readonly clock: () => number; onDelta(index: number, delta: Json): void }): Promise<Outcome & { readonly pause?: Pause }> {
  const limit = command.timeoutMs === undefined ? undefined : AbortSignal.timeout(command.timeoutMs);
  const signal = limit ? AbortSignal.any([command.abort, limit]) : command.abort;
  let index = 0;
  const step: StepContext = { key: command.key, attempt, signal, progress: (delta) => host.onDelta(index++, delta) };
  try {
    const running = insideLeaf.run(command.key, async () => command.run!(step));
    const { output, tree } = await (limit ? withLimit(running, limit, command) : running);
    return { at: host.clock(), output: asJson(output, command.key), ...(tree !== undefined && { tree }) };
  } catch (error) {
    const pause = command.abort.aborted ? undefined : command.pauses?.(error);
    return { at: host.clock(), error: describeError(error), ...(pause && { pause }) };
  }
}

function withLimit(running: Promise<LeafOutput>, limit: AbortSignal, command: Command): Promise<LeafOutput> {
  return new Promise((resolve, reject) => {
    const expire = (): void => reject(new WorkflowError('FW_STEP_TIMEOUT', { message: `"${command.key}" took longer than ${command.timeoutMs} ms.` }));
    limit.addEventListener('abort', expire, { once: true });
    running.then(resolve, reject).finally(() => limit.removeEventListener('abort', expire));
  });
}

/** What enters the journal is exactly what a replay gives back. */
function asJson(output: unknown, key: string): Json {
  if (output === undefined) return null;
  try {
    const text = JSON.stringify(output);
    if (text !== undefined) return JSON.parse(text) as Json;
  } catch {
    // Reported below: cycles, BigInt and throwing getters end here.
  }
  throw new WorkflowError('FW_STEP_OUTPUT', { message: `"${key}" returned a value that is not JSON. Return plain data.` });
}
