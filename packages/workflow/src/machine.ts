import type { Effect, Json, StepContext } from '@fw/agents-core';
import type { Origin } from './journal-entry.ts';
import { outsideLeaf } from './run-leaf.ts';
import { WorkflowError } from './workflow-error.ts';

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
  /** What the journal keeps of an error of this step, as its output, beside code and message. */
  readonly keeps?: (error: unknown) => Json | undefined;
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

/** Told of what each step is asked with, as canonical JSON; its SHA-256 is what the journal keeps of it. */
export type OnInput = (key: string, input: string) => void;

/** What an engine does for the machine. */
export interface Backend {
  readonly onInput?: OnInput | undefined;
  /** Seeds `random()` and `id()`. */
  readonly seed: string;
  start(command: Command): void;
  /** The next operation to settle, in journaled order. */
  next(): Promise<{ readonly key: string; readonly outcome: Outcome }>;
  /** Called when the program has ended: everything in the journal must have been asked for. */
  finish(): void;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
/** Everything that needs no waiting has been done then: the program has reacted as far as it can. */
const reacted = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));
/** After so many reactions others get a turn: timers, I/O, other runs. */
const REACTIONS = 32;
const STALL_TURNS = 50;
const STALL_GRACE_MS = 1_000;

/** Turns what the program asks for into commands and settles them one at a time, in journaled order. */
export class Machine {
  readonly #backend: Backend;
  readonly #outstanding = new Map<string, { resolve(outcome: Outcome & { readonly key: string }): void; reject(error: Error): void }>();
  #now: number;
  #signals: Map<string, number> | undefined;
  #cancelled: WorkflowError | undefined;

  constructor(backend: Backend, startedAt: number, signals?: ReadonlyMap<string, number>) {
    this.#backend = backend;
    this.#now = startedAt;
    this.#signals = signals && new Map(signals);
  }

  /** How often each signal was waited for so far. */
  get signals(): Map<string, number> {
    return (this.#signals ??= new Map());
  }

  get now(): number {
    return this.#now;
  }

  get seed(): string {
    return this.#backend.seed;
  }

  get onInput(): OnInput | undefined {
    return this.#backend.onInput;
  }

  get isCancelled(): boolean {
    return this.#cancelled !== undefined;
  }

  /** From here on every new operation is refused; those under way settle. */
  cancel(error: WorkflowError): void {
    this.#cancelled = error;
  }

  /** Resolves with what was settled and under which key; a step has always an output. */
  issue(command: Command): Promise<Outcome & { readonly key: string }> {
    if (this.#cancelled) return Promise.reject(this.#cancelled);
    return new Promise((resolve, reject) => {
      this.#outstanding.set(command.key, { resolve, reject });
      this.#backend.start(command);
    });
  }

  /** Drives the program to its end. The only place that awaits the backend. */
  async drive<T>(program: () => Promise<T>): Promise<T> {
    let end: { readonly value: T } | { readonly error: unknown } | undefined;
    outsideLeaf(program).then((value) => { end = { value }; }, (error: unknown) => { end = { error }; });
    for (let count = 0; ; count++) {
      await (count % REACTIONS === 0 ? turn() : reacted());
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
    else waiting.resolve({ key, ...outcome });
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
