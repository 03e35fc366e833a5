import type { Json } from '@fw/agents-core';
import type { BlobStore } from './blob-store.ts';
import { EntryChain } from './journal-chain.ts';
import type { EntryBody } from './journal-chain.ts';
import type { JournalEntry } from './journal-entry.ts';
import { shrinkOutput } from './large-output.ts';
import type { Backend, Command, Outcome } from './machine.ts';
import { abortedBy, runLeaf, uncertain } from './run-leaf.ts';
import type { LeafEnd } from './run-leaf.ts';
import { RunPaused } from './run-paused.ts';
import { CANCEL_KEY, cancelEntry, endEntry, entryOf, loadOutcome, redactOutcome, storeOutcome } from './settled-command.ts';
import type { StoredOutcome } from './settled-command.ts';
import { WorkflowError } from './workflow-error.ts';

/**
 * What an engine with a journal of its own does durably. Each call begins an operation and gives it at once, in program
 * order; after a crash the engine gives the same again without doing what has finished. `Pending` is whatever its `race`
 * can wait for, such as a promise of Restate.
 */
export interface DurableOperations<Pending> {
  /**
   * Runs `run` until it finished once and keeps what it gave. `name` is the key with the digest of the input: an engine that
   * compares names on replay compares inputs too. `run` rejects only with `RunPaused`: the run stops then, and nothing is kept.
   */
  step(key: string, name: string, run: () => Promise<StoredOutcome>): Pending;
  /** The answer to that question as `output`, with its `at`; an answer that came before the question counts. */
  signal(key: string, signal: NonNullable<Command['signal']>): Pending;
  timer(key: string, durationMs: number): Pending;
  /** Another run; settles with its outcome as `output`. */
  child(key: string, child: NonNullable<Command['child']>): Pending;
  /** Somebody asked to cancel the run; `output` is the reason. Asked for once. */
  cancelled(key: string): Pending;
  /** The first of them to settle, in the order of the engine's journal: the same in every attempt. */
  race(pending: readonly Pending[]): Promise<Settlement>;
  /** Nobody waits for that operation any more: its question takes no answer, its run is cancelled. */
  abandon?(key: string, command: Command): void;
}

/** `at` may be missing where the engine knows no time that every attempt sees alike. */
export interface Settlement {
  readonly key: string;
  readonly outcome: Omit<StoredOutcome, 'at'> & { readonly at?: number };
}

export interface DerivedBackendOptions {
  readonly run: string;
  readonly createdAt: number;
  readonly blobs: BlobStore;
  readonly clock?: () => number;
  readonly redact?: (value: Json) => Json;
  /** Every entry, in order. A replay gives the same entries again: keep them by (run, seq). */
  readonly onEntry?: (entry: JournalEntry) => void;
  readonly onDelta?: (key: string, attempt: number, index: number, delta: Json) => void;
  /** The program has to see that it was cancelled. */
  readonly onCancel?: (error: WorkflowError) => void;
}

// Keys of operations end with "#" and a number, so these cannot be met by them.
const LIMIT = '!limit';
const INTENT = '!intent';
/** Such an engine does not say how often a step was tried. */
const ATTEMPT = 0;

/**
 * The machine's side of an engine that has a journal of its own. Entries and chain are a pure function of what its
 * operations settled to, so any attempt, in any process, makes the same ones.
 */
export class DerivedBackend<Pending> implements Backend {
  readonly seed: string;
  readonly #operations: DurableOperations<Pending>;
  readonly #options: DerivedBackendOptions;
  readonly #clock: () => number;
  readonly #redact: (value: Json) => Json;
  readonly #chain: EntryChain;
  /** `once` steps whose intent this process noted and that it did not run. */
  readonly #intents = new Set<string>();
  readonly #pending = new Map<string, { readonly command: Command; readonly pending: Pending }>();
  readonly #waits = new Map<string, Command>();
  readonly #aborted: Command[] = [];
  #cancel: Pending | undefined;
  #stopped: Error | undefined;
  #now: number;

  constructor(operations: DurableOperations<Pending>, options: DerivedBackendOptions) {
    this.#operations = operations;
    this.#options = options;
    this.#clock = options.clock ?? Date.now;
    this.#redact = options.redact ?? ((value) => value);
    this.seed = options.run;
    this.#chain = new EntryChain(options.run);
    this.#now = options.createdAt;
    this.#cancel = operations.cancelled(CANCEL_KEY);
  }

  /** The attempt is over and the run is not: from here on nothing begins, settles or is abandoned, and the program ends with that error. Call it before the run's signal is aborted. */
  stop(error: Error): void {
    this.#stopped ??= error;
  }

  start(command: Command): void {
    if (this.#stopped) return;
    if (command.abort.aborted) {
      this.#aborted.push(command);
      return;
    }
    const { key, durationMs } = command;
    if (command.kind === 'step' && command.effect === 'once') {
      this.#pending.set(key + INTENT, { command, pending: this.#operations.step(key + INTENT, key + INTENT, () => this.#noteIntent(key)) });
      return;
    }
    this.#pending.set(key, { command, pending: this.#begin(command) });
    if (command.kind === 'step') return;
    this.#waits.set(key, command);
    if (command.kind === 'signal' && durationMs !== undefined) this.#pending.set(key + LIMIT, { command, pending: this.#operations.timer(key + LIMIT, durationMs) });
  }

  async next(): Promise<{ readonly key: string; readonly outcome: Outcome }> {
    for (;;) {
      if (this.#stopped) throw this.#stopped;
      const aborted = this.#takeAborted();
      if (aborted) return this.#settle(aborted, abortedBy(aborted.abort, this.#now));
      const racing = [...(this.#cancel === undefined ? [] : [this.#cancel]), ...[...this.#pending.values()].map(({ pending }) => pending)];
      const { key, outcome } = await this.#operations.race(racing);
      if (this.#stopped) throw this.#stopped;
      const at = Math.max(this.#now, outcome.at ?? 0);
      if (key === CANCEL_KEY) {
        this.#applyCancel(String(outcome.output ?? 'The run was cancelled.'), at);
        continue;
      }
      const found = this.#pending.get(key);
      if (!found) throw new WorkflowError('FW_WORKFLOW_DIVERGED', { message: `"${key}" was settled, but nobody waits for it.` });
      const { command } = found;
      if (key.endsWith(INTENT)) {
        this.#pending.delete(key);
        if (command.abort.aborted) return this.#settle(command, abortedBy(command.abort, at));
        this.#pending.set(command.key, { command, pending: this.#begin(command) });
        continue;
      }
      this.#forget(command, key.endsWith(LIMIT));
      // A wait without an answer resolves undefined: its entry has no output then.
      if (key.endsWith(LIMIT)) return this.#settle(command, { at });
      return this.#settle(command, command.kind === 'step' || outcome.error ? { ...outcome, at } : { at, output: null, ...outcome });
    }
  }

  finish(): void {}

  /** The last entry of the run. */
  async conclude(outcome: Json): Promise<JournalEntry> {
    const { run, blobs } = this.#options;
    return this.#append(endEntry(run, await shrinkOutput(outcome, blobs), ATTEMPT, this.#now));
  }

  #begin(command: Command): Pending {
    const { key, input } = command;
    if (command.kind === 'signal') return this.#operations.signal(key, command.signal!);
    if (command.kind === 'timer') return this.#operations.timer(key, command.durationMs!);
    if (command.kind === 'child') return this.#operations.child(key, command.child!);
    return this.#operations.step(key, input === '' ? key : `${key}@${input.slice(0, 16)}`, () => this.#runLeaf(command));
  }

  async #noteIntent(key: string): Promise<StoredOutcome> {
    this.#intents.add(key);
    return { at: this.#clock() };
  }

  async #runLeaf(command: Command): Promise<StoredOutcome> {
    const { key, effect } = command;
    // Only the process that noted the intent may run it, once: another one cannot know whether it took effect.
    if (effect === 'once' && !this.#intents.delete(key)) return { at: this.#clock(), error: uncertain(key) };
    const { blobs, onDelta } = this.#options;
    const { pause, ...outcome }: LeafEnd = await runLeaf(command, ATTEMPT, { clock: this.#clock, onDelta: (index, delta) => onDelta?.(key, ATTEMPT, index, this.#redact(delta)) });
    if (pause) {
      this.#intents.add(key);
      throw new RunPaused(pause);
    }
    return storeOutcome(redactOutcome(outcome, this.#redact), blobs);
  }

  /** Waits end as soon as their scope is aborted; a step ends when its function does. */
  #takeAborted(): Command | undefined {
    const begunAborted = this.#aborted.shift();
    if (begunAborted) return begunAborted;
    for (const command of this.#waits.values()) {
      if (!command.abort.aborted) continue;
      this.#forget(command, true);
      return command;
    }
    return undefined;
  }

  #forget(command: Command, isAbandoned: boolean): void {
    const { key } = command;
    this.#pending.delete(key);
    this.#pending.delete(key + LIMIT);
    this.#waits.delete(key);
    if (isAbandoned && command.kind !== 'timer') this.#operations.abandon?.(key, command);
  }

  async #settle(command: Command, outcome: StoredOutcome): Promise<{ readonly key: string; readonly outcome: Outcome }> {
    const { blobs } = this.#options;
    const stored = command.kind === 'step' ? outcome : await storeOutcome(redactOutcome(outcome as Outcome, this.#redact), blobs);
    this.#append(entryOf(command, ATTEMPT, stored));
    return { key: command.key, outcome: await loadOutcome(stored, blobs) };
  }

  #applyCancel(reason: string, at: number): void {
    this.#cancel = undefined;
    const clean = String(this.#redact(reason));
    this.#append(cancelEntry(clean, ATTEMPT, at));
    this.#options.onCancel?.(new WorkflowError('FW_WORKFLOW_CANCELLED', { message: clean }));
  }

  #append(body: EntryBody): JournalEntry {
    this.#now = Math.max(this.#now, body.at);
    const entry = this.#chain.next(body);
    this.#options.onEntry?.(entry);
    return entry;
  }
}
