import type { Agent, Json } from '@fw/agents-core';
import type { HostedRun, RunHost, RunOutcome } from './engine.ts';
import type { JournalEntry } from './journal-entry.ts';
import type { Claim } from './journal-store.ts';
import { LocalBackend } from './local-backend.ts';
import type { BackendOwner, LocalBackendOptions } from './local-backend.ts';
import type { HandleFailure } from './manager.ts';
import { childSignal } from './open-waits.ts';
import type { Children } from './open-waits.ts';
import { Parked } from './parked.ts';
import { hostedRun } from './replay-run.ts';
import { assertAgents, RunProgram } from './run-program.ts';
import { firstState } from './run-state.ts';
import { withoutHost } from './without-host.ts';
import { describeError, WorkflowError } from './workflow-error.ts';

/** How long steps in flight may take to notice that their run is put down. */
const DRAIN_MS = 5_000;

/** The same for all runs of an engine, but for the agents. */
export interface DriveOptions extends Pick<LocalBackendOptions, 'store' | 'clock' | 'redact'> {
  readonly leaseMs: number;
  readonly log: (message: string, data?: Json) => void;
  readonly handleFailure: HandleFailure | undefined;
  readonly host: ((run: HostedRun) => RunHost | Promise<RunHost>) | undefined;
  readonly initialize: (agents: readonly Agent[]) => Promise<void>;
  readonly childrenOf: (run: string) => Children;
  /** An entry was stored. */
  readonly onStored: (run: string) => void;
  /** Not redacted yet. */
  readonly onDelta: (run: string, key: string, attempt: number, index: number, delta: Json) => void;
}

/** How one process's turn at a run ended. `lost`: the run belongs to another process now. */
export type DriveEnd =
  | { readonly status: 'ended'; readonly outcome: RunOutcome }
  | { readonly status: 'waiting' | 'lost' }
  | { readonly status: 'broken'; readonly error: Error };

/** One process's turn at one run: from the claim to the end, or to where it is put down. */
export class Drive implements BackendOwner {
  readonly backend: LocalBackend;
  readonly #id: string;
  readonly #claim: Claim;
  readonly #agents: readonly Agent[];
  readonly #options: DriveOptions;
  readonly #abort = new AbortController();
  #program: RunProgram | undefined;
  #host: RunHost | undefined;

  constructor(id: string, claim: Claim, agents: readonly Agent[], options: DriveOptions) {
    this.#id = id;
    this.#claim = claim;
    this.#agents = agents;
    this.#options = options;
    const { store, clock, redact } = options;
    this.backend = new LocalBackend({ store, run: id, claim, clock, redact, owner: this });
  }

  get children(): Children {
    return this.#options.childrenOf(this.#id);
  }

  onStored(): void {
    this.#options.onStored(this.#id);
  }

  onDelta(key: string, attempt: number, index: number, delta: Json): void {
    this.#options.onDelta(this.#id, key, attempt, index, delta);
  }

  onSettled(entry: JournalEntry): void {
    this.#host?.settled?.(entry);
  }

  onCancel(error: WorkflowError): void {
    this.#program?.cancel(error);
  }

  /** Never rejects. One frame for all of it: thousands of runs wait in here. */
  async run(): Promise<DriveEnd> {
    const beat = this.#startHeartbeat();
    try {
      let reached: RunOutcome;
      try {
        reached = (await this.#begin()) ?? (await this.#program!.drive());
      } catch (error) {
        reached = this.#cancelledInstead(error);
      }
      const outcome = await this.#end(reached);
      clearInterval(beat);
      await this.#close(outcome.status === 'success' ? 'done' : outcome.status);
      return { status: 'ended', outcome };
    } catch (stopped) {
      this.#abort.abort(stopped instanceof Parked ? new WorkflowError('FW_WORKFLOW_ABORTED', { message: 'The run was put down.' }) : stopped);
      await this.backend.drain(DRAIN_MS);
      await this.#close(stopped instanceof Parked ? 'waiting' : 'failed');
      return await this.#putDown(stopped);
    } finally {
      clearInterval(beat);
    }
  }

  /** Makes the program; or gives the outcome, where the journal has it and only the end itself was lost. */
  async #begin(): Promise<RunOutcome | undefined> {
    const { record, entries } = this.#claim;
    const { handleFailure, host, initialize } = this.#options;
    const agents = this.#agents;
    const opened = await this.backend.open();
    if ('ended' in opened) return opened.ended as unknown as RunOutcome;
    const { definition, input, beginning, signals } = opened.segment;
    // Thrown here, a run without agents is put down for a process that has them; thrown in its first step, it would have failed.
    if (entries.length === 0) assertAgents(definition, agents, input);
    await initialize(agents);
    this.#host = host ? await host({ ...hostedRun(record, input), signal: this.#abort.signal }) : withoutHost;
    this.#program = new RunProgram({
      run: this.#id, definition, input, createdAt: record.forkedFrom?.startedAt ?? record.createdAt, agents, host: this.#host, backend: this.backend, abort: this.#abort, ...(signals.size > 0 && { signals }), ...(beginning && { beginning }), ...(handleFailure && { handleFailure }),
    });
    return undefined;
  }

  async #end(reached: RunOutcome): Promise<RunOutcome> {
    const { store, clock, redact } = this.#options;
    const outcome = redact(reached as unknown as Json);
    if (this.backend.isBusy) await this.#endFloating(reached);
    await this.backend.conclude(outcome);
    await this.#tellParent(outcome);
    await store.finish(this.#id, this.#claim.token, { now: clock(), status: reached.status, result: outcome });
    return outcome as unknown as RunOutcome;
  }

  /** A run that somebody wants to be cancelled ends so, whatever keeps it from going on; but not where nothing can be written. */
  #cancelledInstead(error: unknown): RunOutcome {
    const { cancelReason } = this.backend;
    if (cancelReason === undefined || error instanceof Parked || UNWRITABLE.has(describeError(error).code)) throw error;
    const message = describeError(error).code === 'FW_WORKFLOW_CANCELLED' ? describeError(error).message : cancelReason;
    return this.#program?.cancelled(message) ?? { status: 'cancelled', state: firstState(this.#claim.record.definition.initial), code: 'FW_WORKFLOW_CANCELLED', message };
  }

  /** Steps that the program started and did not await, or that did not notice the cancel. */
  async #endFloating(reached: RunOutcome): Promise<void> {
    this.backend.stop(new Parked({}));
    this.#abort.abort(new WorkflowError('FW_WORKFLOW_ABORTED', { message: 'The run has ended.' }));
    if (reached.status !== 'cancelled') await this.backend.drain(DRAIN_MS);
  }

  /** Before the end is noted: a process that dies here is followed by one that tells it again. */
  async #tellParent(outcome: Json): Promise<void> {
    const { parent } = this.#claim.record;
    if (parent === undefined) return;
    const { store, clock } = this.#options;
    await store.answer(parent, childSignal(this.#id).name, outcome, clock()).catch((error: unknown) => {
      if (describeError(error).code !== 'FW_WORKFLOW_UNKNOWN_RUN') throw error;
    });
  }

  #startHeartbeat(): NodeJS.Timeout {
    const { store, leaseMs, clock } = this.#options;
    let lastHeld = clock();
    const beat = setInterval(() => {
      store.renew(this.#id, this.#claim.token, { now: clock(), ttlMs: leaseMs }).then(({ held, cancel }) => {
        if (!held) return this.#lose('the lease was lost');
        lastHeld = clock();
        if (cancel !== undefined) this.backend.cancel(cancel);
      }, (error: unknown) => {
        if (clock() - lastHeld > leaseMs) this.#lose(describeError(error).message);
      });
    }, Math.max(20, Math.floor(leaseMs / 3)));
    beat.unref();
    return beat;
  }

  #lose(why: string): void {
    const error = new WorkflowError('FW_WORKFLOW_LEASED', { message: `Run "${this.#id}" does not belong to this process any more: ${why}.` });
    this.#abort.abort(error);
    this.backend.stop(error);
  }

  async #close(reason: Parameters<NonNullable<RunHost['close']>>[0]): Promise<void> {
    try {
      await this.#host?.close?.(reason);
    } catch (error) {
      this.#options.log('A run could not be closed cleanly.', describeError(error));
    }
  }

  /** Not ended: waits, was paused, the process closes, or something broke that is not the run's fault. */
  async #putDown(stopped: unknown): Promise<DriveEnd> {
    const broken = stopped instanceof Parked ? undefined : describeError(stopped);
    if (broken?.code === 'FW_WORKFLOW_LEASED') return { status: 'lost' };
    const parked = stopped instanceof Parked ? stopped : new Parked({ pause: broken! });
    const { pause: paused, waits } = parked;
    const { store, clock, leaseMs } = this.#options;
    // A store that fails may work again soon; everything else needs somebody.
    const wakeAt = broken?.code === 'FW_STORE_FAILED' ? clock() + leaseMs : parked.wakeAt;
    try {
      await store.release(this.#id, this.#claim.token, {
        now: clock(), status: parked.isIdle ? 'running' : 'waiting', waits, ...(paused && { paused }), ...(wakeAt !== undefined && { wakeAt }),
      });
    } catch (error) {
      this.#options.log('A run could not be put down; its lease will run out.', describeError(error));
    }
    if (!broken) return { status: 'waiting' };
    return { status: 'broken', error: stopped instanceof Error ? stopped : new WorkflowError('FW_STEP_FAILED', { message: broken.message }) };
  }
}

const UNWRITABLE: ReadonlySet<string> = new Set(['FW_WORKFLOW_LEASED', 'FW_STORE_FAILED']);
