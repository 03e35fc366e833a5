import { internal, PauseError, RetryableError } from '@restatedev/restate-sdk';
import type { Request, WorkflowContext } from '@restatedev/restate-sdk';
import type { Agent, HandleFailure, HostedRun, JournalEntry, JournalStore, Json, RunHost, RunOutcome, WorkflowDefinition } from '@fw/workflow';
import { WorkflowError } from '@fw/workflow';
import { assertAgents, DerivedBackend, describeError, firstState, RunPaused, RunProgram, withoutHost } from '@fw/workflow/engine-kit';
import type { StoredOutcome } from '@fw/workflow/engine-kit';
import { beginChild } from './begin-child.ts';
import type { InputGate } from './input-gate.ts';
import { RestateOperations } from './restate-operations.ts';
import type { Pending } from './restate-operations.ts';
import { StoredRun } from './stored-run.ts';
import type { OpenWait } from './stored-run.ts';

export interface AttemptOptions {
  readonly store: JournalStore;
  readonly clock: () => number;
  readonly redact: (value: Json) => Json;
  readonly agents: () => readonly Agent[];
  readonly definitions: readonly WorkflowDefinition[];
  /** Name of the service that runs are keys of. */
  readonly service: string;
  readonly handleFailure?: HandleFailure;
  readonly initialize: (agents: readonly Agent[]) => Promise<void>;
  readonly host: ((run: HostedRun) => RunHost | Promise<RunHost>) | undefined;
  /** How long a run that only waits stays in memory. */
  readonly inactivityTimeoutMs: number;
  readonly onStored: (run: string) => void;
  readonly onDelta: (run: string, key: string, attempt: number, index: number, delta: Json) => void;
  readonly log: (message: string, data?: Json) => void;
  /** Ends the invocation in Restate, without its code. */
  readonly kill: (invocation: string) => Promise<void>;
}

/** How long leaves in flight may take to notice that their run is cancelled or put down. */
const DRAIN_MS = 5_000;
/** Restate's code of a program that asks for something else than its journal has. */
const JOURNAL_MISMATCH = 570;

/** One attempt of Restate at one run: from its first command to the end, or to where the attempt is over. */
export class Attempt {
  readonly run: string;
  /** Resolves when nothing of it is under way any more. */
  readonly over: Promise<void>;
  readonly #options: AttemptOptions;
  readonly #request: Request;
  readonly #before: Promise<void>;
  readonly #gate: InputGate | undefined;
  #idle: NodeJS.Timeout | undefined;
  readonly #abort = new AbortController();
  readonly #leaves = new Set<Promise<unknown>>();
  readonly #stopped = Promise.withResolvers<never>();
  readonly #over = Promise.withResolvers<void>();
  #stored: StoredRun | undefined;
  #operations: RestateOperations | undefined;
  #host: RunHost | undefined;
  #program: RunProgram | undefined;
  #backend: DerivedBackend<Pending> | undefined;
  /** Why nothing of it may be kept any more. */
  #putDown: Error | undefined;
  /** It was put down before anything of it had failed. */
  #isInterrupted = false;
  #paused: RunPaused | undefined;
  #outcome: RunOutcome | undefined;
  #failure: unknown;

  /** `before`: the attempt before this one in this process, as long as it has not let go. */
  constructor(request: Request, options: AttemptOptions, before: Promise<void> = Promise.resolve(), gate?: InputGate) {
    this.#before = before;
    this.#gate = gate;
    this.run = request.target.key!;
    this.over = this.#over.promise;
    this.#request = request;
    this.#options = options;
    this.#stopped.promise.catch(() => {});
    const onCompleted = (): void => this.stop(new WorkflowError('FW_WORKFLOW_ABORTED', { message: 'The attempt is over; another one goes on.' }));
    if (request.attemptCompletedSignal.aborted) onCompleted();
    else request.attemptCompletedSignal.addEventListener('abort', onCompleted, { once: true });
  }

  /** The handler of the run. What it throws makes Restate try again. */
  async drive(context: WorkflowContext): Promise<Json> {
    try {
      // Every attempt has to give the same: it is in Restate's journal before the run is over there.
      const { status, end } = await Promise.race([this.#reachEnd(context), this.#stopped.promise]);
      return { status, entries: end.seq, at: end.at };
    } catch (error) {
      this.#failure ??= error;
      throw new RetryableError(describeError(error).message, { cause: error });
    }
  }

  /** Stops at the next safe place; Restate tries again elsewhere. */
  stop(error: WorkflowError): void {
    if (this.#putDown) return;
    this.#putDown = error;
    // Restate may say that the attempt is over before what it failed with is dealt with here.
    this.#isInterrupted = this.#failure === undefined;
    this.#backend?.stop(error);
    this.#abort.abort(error);
    this.#stopped.reject(error);
  }

  /** Called once, whatever the attempt ended with; with what its handler threw, or nothing for a run that ended. */
  async conclude(thrown?: { readonly error: unknown }): Promise<void> {
    clearTimeout(this.#idle);
    try {
      this.#putDown ??= new WorkflowError('FW_WORKFLOW_ABORTED', { message: thrown ? 'The run was put down.' : 'The run has ended.' });
      this.#backend?.stop(this.#putDown);
      this.#abort.abort(this.#putDown);
      await within(DRAIN_MS, Promise.allSettled(this.#leaves));
      const broken = thrown && !this.#isInterrupted ? this.#brokenBy(thrown.error) : undefined;
      await this.#closeHost(this.#outcome ? (this.#outcome.status === 'success' ? 'done' : this.#outcome.status) : broken ? 'failed' : 'waiting');
      // It may be put away before a moment has passed.
      const wait = thrown && internal.isSuspendedError(thrown.error) ? this.#operations?.waiting : undefined;
      if (wait) this.#stored?.park(wait);
      if (thrown) await this.#leave(broken);
    } catch (failure) {
      this.#options.log(`Run "${this.run}" could not be put down.`, describeError(failure));
    } finally {
      this.#over.resolve();
      this.#options.onStored(this.run);
    }
  }

  async #reachEnd(context: WorkflowContext): Promise<{ readonly status: string; readonly end: JournalEntry }> {
    const { store, service, definitions, clock, redact, handleFailure, initialize, host, onStored, onDelta } = this.#options;
    const agents = this.#options.agents();
    const isFresh = (context as WorkflowContext & internal.ContextInternal).isProcessing();
    await this.#before;
    const stored = (this.#stored = await StoredRun.open(store, this.run, { service, clock }));
    const { record: { definition, input, createdAt } } = stored;
    if (isFresh && stored.known > 0) {
      throw new WorkflowError('FW_RESTATE_FORGOTTEN', { message: `Run "${this.run}" has ${stored.known} entries in the store, and this Restate knows nothing of it: its data was lost or it is another server. Going on would repeat what was done. Fork the run, or bring the server's data back.` });
    }
    if (stored.known === 0) assertAgents(definition, agents, input);
    await initialize(agents);
    this.#host = host ? await host({ id: this.run, input, signal: this.#abort.signal }) : withoutHost;
    const operations = (this.#operations = new RestateOperations(context, {
      startedAt: createdAt, blobs: store.blobs, service, redact,
      beginChild: (child) => this.#keeping(() => beginChild(child, this.run, { store, definitions, service, clock })),
      outcomeOf: async (run) => (await store.get(run))?.result ?? null,
      leaf: (work) => this.#leaf(work),
      flush: () => stored.flush(),
      onBlocked: (wait) => this.#rest(stored, wait),
      onGoing: () => {
        clearTimeout(this.#idle);
        stored.unpark();
      },
      onAnswer: (question, value, at) => stored.answered(question, value, at),
    }));
    const backend = (this.#backend = new DerivedBackend(operations, {
      run: this.run, createdAt, blobs: store.blobs, clock, redact,
      onEntry: (entry) => {
        stored.add(entry);
        this.#host?.settled?.(entry);
        onStored(this.run);
      },
      onDelta: (key, attempt, index, delta) => onDelta(this.run, key, attempt, index, delta),
      onCancel: (error) => this.#program!.cancel(error),
    }));
    if (this.#putDown) backend.stop(this.#putDown);
    this.#program = new RunProgram({ run: this.run, definition, input, createdAt, agents, host: this.#host, backend, abort: this.#abort, ...(handleFailure && { handleFailure }) });
    const result = redact(await this.#program.drive() as unknown as Json);
    this.#outcome = result as unknown as RunOutcome;
    const end = await backend.conclude(result);
    await stored.finish(this.#outcome, result);
    return { status: this.#outcome.status, end };
  }

  /** Says what the run waits for; one that only waits is put away after a while. */
  #rest(stored: StoredRun, wait: OpenWait): void {
    if (this.#putDown) return;
    stored.park(wait);
    void stored.flush().then(() => this.#options.onStored(this.run), () => {});
    if (wait.isIdle) this.#idle = setTimeout(() => this.#gate?.close(), this.#options.inactivityTimeoutMs).unref();
  }

  /** A leaf of an attempt that is over leaves nothing behind: the next one runs it. */
  async #leaf(work: () => Promise<StoredOutcome>): Promise<StoredOutcome> {
    this.#assertWanted();
    const running = work();
    this.#leaves.add(running);
    try {
      const outcome = await Promise.race([running, this.#unheard()]);
      this.#assertWanted();
      return outcome;
    } catch (error) {
      if (error instanceof RunPaused) {
        this.#paused = error;
        throw new PauseError(error.message);
      }
      this.#failure ??= error;
      throw error;
    } finally {
      this.#leaves.delete(running);
    }
  }

  #assertWanted(): void {
    if (this.#putDown) throw new RetryableError(this.#putDown.message);
  }

  /** An error in what is no leaf puts the run down. */
  async #keeping<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      this.#failure ??= error;
      throw error;
    }
  }

  /** What becomes of a leaf that does not hear that its run was cancelled. */
  #unheard(): Promise<StoredOutcome> {
    const { clock } = this.#options;
    const { signal } = this.#abort;
    return new Promise((resolve) => {
      const wait = (): void => {
        const timer = setTimeout(() => resolve({ at: clock(), error: describeError(signal.reason) }), DRAIN_MS);
        timer.unref();
      };
      if (signal.aborted) wait();
      else signal.addEventListener('abort', wait, { once: true });
    });
  }

  /** Why it cannot go on here; nothing for an attempt that waits. */
  #brokenBy(error: unknown): { readonly code: string; readonly message: string } | undefined {
    if (this.#paused || internal.isSuspendedError(error)) return undefined;
    if (this.#failure !== undefined) return describeError(this.#failure);
    const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
    if (code !== JOURNAL_MISMATCH) return describeError(error);
    return { code: 'FW_WORKFLOW_DIVERGED', message: `Run "${this.run}" asks for something else than its journal has, so nothing was written: ${String(message)}` };
  }

  async #leave(broken: { readonly code: string; readonly message: string } | undefined): Promise<void> {
    if (broken) this.#options.log(`Run "${this.run}" cannot go on here; Restate will try again.`, broken);
    const stored = this.#stored;
    if (!stored || broken?.code === 'FW_WORKFLOW_LEASED') return;
    if (broken && (await this.#endCancelled(stored, broken.code))) return;
    await stored.putDown(this.#paused ? { code: this.#paused.code, message: this.#paused.message } : broken);
  }

  /** A run that somebody wants to be cancelled ends so, whatever keeps it from going on; but not where nothing can be written. */
  async #endCancelled(stored: StoredRun, code: string): Promise<boolean> {
    if (code === 'FW_STORE_FAILED') return false;
    const record = await this.#options.store.get(this.run);
    if (record?.cancel === undefined || record.result !== undefined) return false;
    await stored.end({ status: 'cancelled', state: this.#program?.state ?? firstState(record.definition.initial), code: 'FW_WORKFLOW_CANCELLED', message: record.cancel });
    await this.#options.kill(this.#request.id);
    return true;
  }

  async #closeHost(reason: Parameters<NonNullable<RunHost['close']>>[0]): Promise<void> {
    try {
      await this.#host?.close?.(reason);
    } catch (error) {
      this.#options.log('A run could not be closed cleanly.', describeError(error));
    }
  }
}

async function within(limitMs: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([work, new Promise<void>((resolve) => { timer = setTimeout(resolve, limitMs); })]);
  clearTimeout(timer);
}
