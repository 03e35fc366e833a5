import type { Json } from '@fw/agents-core';
import { diverged, listKeys } from './diverged.ts';
import { verifyChain } from './journal-chain.ts';
import type { JournalEntry } from './journal-entry.ts';
import type { Claim, JournalStore } from './journal-store.ts';
import { resolveOutput, shrinkOutput } from './large-output.ts';
import type { Backend, Command, Outcome } from './machine.ts';
import { OpenWaits } from './open-waits.ts';
import type { Children } from './open-waits.ts';
import { Parked } from './parked.ts';
import { RunAppender } from './run-appender.ts';
import type { AppenderOwner } from './run-appender.ts';
import { abortedBy, isThenable, runLeaf, uncertain } from './run-leaf.ts';
import type { LeafEnd, LeafHost } from './run-leaf.ts';
import { CANCEL_KEY, cancelEntry, endEntry, entryOf, headOf, loadOutcome, redactOutcome, storeOutcome } from './settled-command.ts';
import { seedOf, segmentsOf } from './segments.ts';
import type { Segment } from './segments.ts';
import { describeError, WorkflowError } from './workflow-error.ts';

/** A run that waits at least this long for its next timer is put down. */
const PARK_MS = 1_000;
/** Another process may answer or abort: its word is only in the store. */
const LOOK_MS = 250;
/** How long a cancelled leaf may take to notice. */
const CANCEL_GRACE_MS = 5_000;

export interface LocalBackendOptions {
  readonly store: JournalStore;
  readonly run: string;
  readonly claim: Claim;
  readonly clock: () => number;
  readonly redact: (value: Json) => Json;
  readonly owner: BackendOwner;
}

/** Who drives the run. One object with methods, not a function for each: every run that waits holds them. */
export interface BackendOwner extends AppenderOwner {
  /** Asked for when the run waits for something for the first time. */
  readonly children: Children;
  /** Every entry as it settles in the program, replayed ones too. */
  onSettled(entry: JournalEntry): void;
  /** Not redacted yet. */
  onDelta(key: string, attempt: number, index: number, delta: Json): void;
  /** The program has to see that it was cancelled. */
  onCancel(error: WorkflowError): void;
}

interface Settled {
  readonly key: string;
  readonly outcome: Outcome;
  readonly entry: JournalEntry;
}

/** One try of a step, and what its function may call meanwhile. */
class Attempt implements LeafHost {
  readonly command: Command;
  readonly attempt: number;
  readonly #options: LocalBackendOptions;
  /** The journal says that it was begun. The engine's own computations have no effect that a note could announce. */
  isNoted: boolean;

  constructor(command: Command, attempt: number, options: LocalBackendOptions) {
    this.command = command;
    this.attempt = attempt;
    this.#options = options;
    this.isNoted = command.origin === 'engine';
  }

  get clock(): () => number {
    return this.#options.clock;
  }

  onDelta(index: number, delta: Json): void {
    this.#options.owner.onDelta(this.command.key, this.attempt, index, delta);
  }
}

/** The embedded engine's side of the machine: replays what the store has, performs the rest, appends with its claim's token. */
export class LocalBackend implements Backend {
  readonly #options: LocalBackendOptions;
  /** Most of the time a run waits for nothing but its steps. */
  #waits: OpenWaits | undefined;
  /** Settled entries in journaled order, and how many of them the program has seen. */
  #recorded: readonly JournalEntry[] = [];
  #replayed = 0;
  #settledBefore = 0;
  /** Of a journal that is replayed; a run that began here has none. */
  #begun: Map<string, JournalEntry> | undefined;
  #asked: Map<string, Command> | undefined;
  #fresh: Command[] = [];
  readonly #running = new Map<string, Command>();
  readonly #settled: Settled[] = [];
  #stop: Error | Parked | undefined;
  #cancelReason: string | undefined;
  #cancelled = false;
  /** Operations that are being set up, are running or are being settled. */
  #busy = 0;
  #onIdle: (() => void) | undefined;
  /** Counts what happened, so that nothing is missed between two looks. */
  #changes = 0;
  #resume: (() => void) | undefined;
  readonly #appender: RunAppender;
  #damaged = false;

  constructor(options: LocalBackendOptions) {
    const { run, store, claim: { entries, record, token }, owner } = options;
    this.#options = options;
    this.#cancelReason = record.cancel;
    this.#appender = new RunAppender({ store, run, token, entries, owner });
  }

  get seed(): string {
    const { run, claim: { record } } = this.#options;
    return seedOf(run, record.forkedFrom, this.#settledBefore + this.#replayed);
  }

  /** Why somebody wants the run to be cancelled. */
  get cancelReason(): string | undefined {
    return this.#cancelReason;
  }

  get isBusy(): boolean {
    return this.#busy > 0;
  }

  /**
   * Checks the journal and gives the part with which the run goes on, or the outcome when its last entry is the end of the
   * run: then only the end itself was lost.
   * @throws WorkflowError `FW_JOURNAL_BROKEN`.
   */
  async open(): Promise<{ readonly segment: Segment } | { readonly ended: Json }> {
    const { claim: { entries, record }, store } = this.#options;
    try {
      verifyChain(entries);
    } catch (error) {
      this.#damaged = true;
      throw error;
    }
    const last = entries.at(-1);
    if (last?.kind === 'run') return { ended: await resolveOutput(last.output!, store.blobs) };
    const segment = (await segmentsOf(record, entries, store.blobs)).at(-1)!;
    this.#recorded = segment.entries.filter((entry) => entry.kind !== 'begin');
    this.#settledBefore = segment.settledBefore;
    const finished = new Set(this.#recorded.map((entry) => entry.key));
    for (const entry of segment.entries) if (entry.kind === 'begin' && !finished.has(entry.key)) (this.#begun ??= new Map()).set(entry.key, entry);
    this.#cancelled = finished.has(CANCEL_KEY);
    return { segment };
  }

  /** Ends the drive at the next safe place with that error, or puts the run down. */
  stop(why: Error | Parked): void {
    this.#stop ??= why;
    this.#wake();
  }

  /** An answer may have come. */
  poke(): void {
    this.#wake();
  }

  /** Settled like an operation, after everything that the journal has already. */
  cancel(reason: string): void {
    this.#cancelReason ??= reason;
    this.#wake();
  }

  start(command: Command): void {
    if (this.#replayed < this.#recorded.length) (this.#asked ??= new Map()).set(command.key, command);
    else this.#fresh.push(command);
  }

  async next(): Promise<{ readonly key: string; readonly outcome: Outcome }> {
    for (;;) {
      if (this.#stop) throw this.#stop;
      const looked = this.#changes;
      const recorded = this.#recorded[this.#replayed];
      const settled = recorded ? await this.#replay(recorded) : this.#settled.shift();
      if (settled) {
        this.#options.owner.onSettled(settled.entry);
        if (settled.key !== CANCEL_KEY) return settled;
        this.#applyCancel(String(settled.outcome.output));
      } else if (this.#cancelReason !== undefined && !this.#cancelled) await this.#settleCancel(this.#cancelReason);
      else {
        this.#startFresh();
        const over = this.#waits && this.#waits.size > 0 ? await this.#waits.take() : undefined;
        if (over) await this.#settle(over.command, 1, over.outcome);
        if (this.#changes !== looked || this.#stop) continue;
        this.#parkIfIdle();
        await this.#sleepUntilSomething();
      }
    }
  }

  finish(): void {
    const missing = this.#recorded[this.#replayed];
    // A cancel that was noted when the program had its last answer already came too late.
    if (missing?.key === CANCEL_KEY && this.#replayed === this.#recorded.length - 1) return;
    if (missing) throw diverged(`The run ended, but the journal goes on with "${missing.key}".`);
  }

  /** Resolves when nothing is under way any more, or after that time, and all is stored. What finishes meanwhile is journaled. */
  async drain(limitMs: number): Promise<void> {
    if (this.#busy > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, limitMs);
        this.#onIdle = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    await this.#appender.stored();
  }

  /** Writes the last entry of a run, unless it is there or the journal is damaged. Nothing comes after it. */
  async conclude(outcome: Json): Promise<void> {
    const { claim: { entries }, run, clock, store } = this.#options;
    if (this.#damaged || entries.at(-1)?.kind === 'run') return;
    const end = this.#appender.append(endEntry(run, await shrinkOutput(outcome, store.blobs), 1, clock()));
    this.#appender.close(new WorkflowError('FW_WORKFLOW_CLOSED', { message: `Run "${run}" has ended.` }));
    await end;
  }

  async #replay(entry: JournalEntry): Promise<Settled> {
    const loaded = loadOutcome(entry, this.#options.store.blobs);
    const outcome = isThenable(loaded) ? await loaded : loaded;
    if (entry.key !== CANCEL_KEY) {
      const command = this.#asked?.get(entry.key);
      if (!command) throw diverged(`The journal has "${entry.key}" next; the program asks for ${listKeys([...(this.#asked?.keys() ?? [])])}.`);
      if ((entry.input ?? '') !== command.input) throw diverged(`"${entry.key}" is asked for with another input than the journal has (${entry.input || 'none'} there, ${command.input || 'none'} now).`);
      this.#asked?.delete(entry.key);
    }
    this.#replayed++;
    return { key: entry.key, outcome, entry };
  }

  /** What was begun by a process before must be asked for again, with the same input; else nothing is started. */
  #startFresh(): void {
    if (this.#asked) {
      this.#fresh.unshift(...this.#asked.values());
      this.#asked = undefined;
    }
    if (this.#begun) for (const [key, { input }] of this.#begun) {
      const command = this.#fresh.find((fresh) => fresh.key === key);
      if (!command) throw diverged(`"${key}" was begun; the program now asks for ${listKeys(this.#fresh.map((fresh) => fresh.key))}.`);
      if ((input ?? '') !== command.input) throw diverged(`"${key}" was begun with another input than it is asked for now.`);
    }
    for (const command of this.#fresh.splice(0)) void this.#perform(command);
  }

  /** Never rejects. One frame for all that is awaited: it is what a run that waits for its step holds. */
  async #perform(command: Command): Promise<void> {
    const begun = this.#begun?.get(command.key);
    this.#begun?.delete(command.key);
    const step = new Attempt(command, (begun?.attempt ?? 0) + 1, this.#options);
    this.#busy++;
    try {
      if (command.abort.aborted) await this.#settle(command, step.attempt, abortedBy(command.abort, this.#options.clock()));
      else if (command.kind !== 'step') await this.#performWait(command, begun);
      else if (begun && command.effect === 'once') await this.#settle(command, step.attempt, { at: this.#options.clock(), error: uncertain(command.key) });
      else {
        this.#running.set(command.key, command);
        if (command.effect === 'once') await this.#note(step);
        const running = this.#run(step);
        const ended = isThenable(running) ? await running : running;
        this.#running.delete(command.key);
        if (ended.pause) this.stop(new Parked({ pause: ended.pause }));
        // Interrupted, not failed: it runs again when the run is taken up.
        else if (this.#stop && ended.error) await this.#note(step);
        else await this.#settle(command, step.attempt, ended);
      }
    } catch (error) {
      this.stop(error instanceof Error ? error : new WorkflowError('FW_STORE_FAILED', { message: describeError(error).message }));
    }
    if (--this.#busy === 0) this.#onIdle?.();
    this.#wake();
  }

  #run(step: Attempt): LeafEnd | Promise<LeafEnd> {
    const { command, attempt } = step;
    const running = runLeaf(command, attempt, step);
    // Noted as begun, without waiting for it; unless it has ended when everything that needs no waiting is done: nothing
    // could have been written before its end.
    if (isThenable(running) && !step.isNoted) process.nextTick(() => { if (this.#running.get(command.key) === command) this.#note(step)?.catch((error: Error) => this.stop(error)); });
    return running;
  }

  #note(step: Attempt): Promise<unknown> | undefined {
    if (step.isNoted) return undefined;
    step.isNoted = true;
    const { command, attempt } = step;
    return this.#appender.append({ ...headOf(command), kind: 'begin', attempt, at: this.#options.clock() });
  }

  /** Signals and timers: the begin entry keeps the time from which a limit counts. */
  async #performWait(command: Command, begun: JournalEntry | undefined): Promise<void> {
    const since = begun ?? (await this.#appender.append({ ...headOf(command), kind: 'begin', attempt: 1, at: this.#options.clock() }));
    await (this.#waits ??= this.#openWaits()).add(command, since.at);
  }

  #openWaits(): OpenWaits {
    const { store, run, claim: { token }, clock, redact, owner: { children } } = this.#options;
    return new OpenWaits({ store, run, token, clock, redact, children, onAbort: () => this.#wake() });
  }

  async #settle(command: Command, attempt: number, outcome: Outcome): Promise<void> {
    const { redact, store } = this.#options;
    const redacted = redactOutcome(outcome, redact);
    const stored = storeOutcome(redacted, store.blobs);
    const entry = await this.#appender.append(entryOf(command, attempt, isThenable(stored) ? await stored : stored));
    this.#settled.push({ key: command.key, outcome: redacted, entry });
    this.#wake();
  }

  async #settleCancel(asked: string): Promise<void> {
    this.#cancelled = true;
    const reason = String(this.#options.redact(asked));
    const entry = await this.#appender.append(cancelEntry(reason, 1, this.#options.clock()));
    this.#settled.push({ key: CANCEL_KEY, outcome: { at: entry.at, output: reason }, entry });
  }

  #applyCancel(reason: string): void {
    this.#cancelReason ??= reason;
    this.#options.owner.onCancel(new WorkflowError('FW_WORKFLOW_CANCELLED', { message: reason }));
    if (this.#running.size === 0) return;
    const late = [...this.#running.keys()];
    setTimeout(() => {
      const stuck = late.find((key) => this.#running.has(key));
      if (stuck !== undefined) this.stop(new WorkflowError('FW_WORKFLOW_CANCELLED', { message: `${reason} ("${stuck}" did not end when it was aborted.)` }));
    }, CANCEL_GRACE_MS).unref();
  }

  #parkIfIdle(): void {
    if (this.#busy > 0 || !this.#waits || this.#waits.size === 0 || this.#waits.hasActiveChild || this.#cancelReason !== undefined) return;
    const wakeAt = this.#waits.nextDue;
    if (wakeAt - this.#options.clock() < PARK_MS) return;
    throw new Parked({ waits: this.#waits.questions, ...(wakeAt !== Infinity && { wakeAt }) });
  }

  #sleepUntilSomething(): Promise<void> {
    if (!this.#waits || this.#waits.size === 0) return new Promise((resolve) => { this.#resume = resolve; });
    const limit = Math.max(1, Math.min(LOOK_MS, this.#waits.nextDue - this.#options.clock()));
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, limit);
      this.#resume = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #wake(): void {
    this.#changes++;
    this.#resume?.();
  }
}
