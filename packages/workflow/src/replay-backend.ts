import { isDeepStrictEqual } from 'node:util';
import type { Json } from '@fw/agents-core';
import type { BlobStore } from './blob-store.ts';
import type { EntryBody, EntryChain } from './journal-chain.ts';
import type { JournalEntry } from './journal-entry.ts';
import { resolveOutput, shrinkOutput } from './large-output.ts';
import { diverged, listKeys } from './diverged.ts';
import type { Backend, Command, OnInput, Outcome } from './machine.ts';
import { runLeaf } from './run-leaf.ts';
import { isSettled } from './segments.ts';
import { CANCEL_KEY, cancelEntry, endEntry, entryOf, headOf, loadOutcome, redactOutcome, storeOutcome } from './settled-command.ts';
import { WorkflowError } from './workflow-error.ts';

export interface ReplayBackendOptions {
  readonly run: string;
  readonly seedOf: (settled: number) => string;
  /** Of one segment. */
  readonly entries: readonly JournalEntry[];
  /** Seals the entries anew; shared by the segments of a run. */
  readonly chain: EntryChain;
  readonly blobs: BlobStore;
  readonly redact: (value: Json) => Json;
  readonly onSettled: (entry: JournalEntry) => void;
  readonly onCancel: (error: WorkflowError) => void;
  /** A wait of the engine's own whose subject is another one now: true ends the replay before it, false is a difference. */
  readonly onOtherSubject?: (entry: JournalEntry) => boolean;
  /** A wait that has taken its answer. */
  readonly onAnswer?: (answer: { readonly name: string; readonly ordinal: number; readonly value: Json }) => void;
  readonly onInput?: OnInput;
}

/** Thrown where the journal of a run that has not ended is at its end: all of it was replayed. */
export class ReplayEnd {
  readonly replayed: number;
  /** The run was cancelled here from outside, while it could not go on. */
  readonly isCancelled: boolean;

  constructor(replayed: number, isCancelled = false) {
    this.replayed = replayed;
    this.isCancelled = isCancelled;
  }
}

/** Drives a program through a journal again: runs nothing but the engine's own computations, writes nothing, and compares everything. */
export class ReplayBackend implements Backend {
  readonly #options: ReplayBackendOptions;
  readonly #asked = new Map<string, Command>();
  #at = 0;
  #settled = 0;

  constructor(options: ReplayBackendOptions) {
    this.#options = options;
  }

  get seed(): string {
    return this.#options.seedOf(this.#settled);
  }

  get onInput(): OnInput | undefined {
    return this.#options.onInput;
  }

  start(command: Command): void {
    this.#asked.set(command.key, command);
  }

  async next(): Promise<{ readonly key: string; readonly outcome: Outcome }> {
    const { entries, onSettled, onOtherSubject } = this.#options;
    for (;;) {
      const entry = entries[this.#at];
      if (!entry) throw new ReplayEnd(this.#at);
      if (entry.kind === 'run') return this.#endEarly(entry);
      if (entry.key === CANCEL_KEY) {
        this.#compare(entry, cancelEntry(String(entry.output), entry.attempt, entry.at));
        this.#count(entry);
        onSettled(entry);
        this.#options.onCancel(new WorkflowError('FW_WORKFLOW_CANCELLED', { message: String(entry.output) }));
        continue;
      }
      const command = this.#asked.get(entry.key);
      if (!command) throw diverged(`The journal has "${entry.key}" next; the program asks for ${listKeys([...this.#asked.keys()])}.`);
      if ((entry.input ?? '') !== command.input) {
        if (command.kind === 'signal' && onOtherSubject?.(entry)) throw new ReplayEnd(this.#at);
        throw diverged(`"${entry.key}" is asked for with another input than the journal has (${entry.input || 'none'} there, ${command.input || 'none'} now).`);
      }
      if (entry.kind === 'begin') {
        this.#compare(entry, { ...headOf(command), kind: 'begin', attempt: entry.attempt, at: entry.at });
        this.#at++;
        continue;
      }
      return this.#settle(entry, command);
    }
  }

  finish(): void {
    // A cancel that was noted when the program had its last answer already came too late.
    const late = this.#options.entries[this.#at];
    if (late?.key === CANCEL_KEY) {
      this.#compare(late, cancelEntry(String(late.output), late.attempt, late.at));
      this.#at++;
    }
    const entry = this.#options.entries[this.#at];
    if (entry && entry.kind !== 'run') throw diverged(`The run ended, but the journal goes on with "${entry.key}".`);
  }

  /** Compares how the run ended; false when the journal does not have that yet. */
  async end(outcome: Json): Promise<boolean> {
    const entry = this.#options.entries[this.#at];
    if (!entry) return false;
    this.#compare(entry, endEntry(this.#options.run, await shrinkOutput(this.#options.redact(outcome), this.#options.blobs), entry.attempt, entry.at));
    this.#at++;
    return true;
  }

  async #endEarly(entry: JournalEntry): Promise<never> {
    const { blobs, run } = this.#options;
    const { status } = await resolveOutput(entry.output!, blobs) as { readonly status?: Json };
    if (status !== 'cancelled') throw diverged(`The journal has the end of the run next; the program asks for ${listKeys([...this.#asked.keys()])}.`);
    this.#compare(entry, endEntry(run, entry.output!, entry.attempt, entry.at));
    throw new ReplayEnd(++this.#at, true);
  }

  async #settle(entry: JournalEntry, command: Command): Promise<{ readonly key: string; readonly outcome: Outcome }> {
    const { blobs, onSettled, onAnswer } = this.#options;
    const outcome = await loadOutcome(entry, blobs);
    if (command.kind === 'step' && command.origin === 'engine') await this.#recompute(entry, command, outcome);
    const { output, tree, error, at } = entry;
    this.#compare(entry, entryOf(command, entry.attempt, { at, ...(output !== undefined && { output }), ...(tree !== undefined && { tree }), ...(error && { error }) }));
    this.#asked.delete(entry.key);
    this.#count(entry);
    onSettled(entry);
    if (command.signal && entry.kind === 'signal' && outcome.output !== undefined) onAnswer?.({ ...command.signal, value: outcome.output });
    return { key: entry.key, outcome };
  }

  /** What the engine computed out of the journal must come out again. */
  async #recompute(entry: JournalEntry, command: Command, recorded: Outcome): Promise<void> {
    if (entry.error) return;
    const computed = redactOutcome(await runLeaf(command, entry.attempt, { clock: () => entry.at, onDelta: () => {} }), this.#options.redact);
    const now = await storeOutcome(computed, this.#options.blobs);
    if (!isDeepStrictEqual(computed.output, recorded.output)) {
      throw diverged(`"${entry.key}" comes out differently: ${shorten(now.output ?? now.error ?? null)} instead of ${shorten(entry.output ?? null)}.`);
    }
  }

  #count(entry: JournalEntry): void {
    this.#at++;
    if (isSettled(entry)) this.#settled++;
  }

  #compare(entry: JournalEntry, body: EntryBody): void {
    const again = this.#options.chain.next(body);
    if (again.hash !== entry.hash) {
      const { hash: _now, ...now } = again;
      const { hash: _then, ...then } = entry;
      throw diverged(`Entry ${entry.seq} ("${entry.key}") comes out differently: ${firstDifference(now, then)}.`);
    }
  }
}

function firstDifference(now: { readonly [name: string]: unknown }, then: { readonly [name: string]: unknown }): string {
  const name = [...new Set([...Object.keys(now), ...Object.keys(then)])].find((member) => !isDeepStrictEqual(now[member], then[member]));
  return name === undefined ? 'its members are in another order' : `${name} is ${shorten(now[name])} instead of ${shorten(then[name])}`;
}

const shorten = (value: unknown): string => {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
};
