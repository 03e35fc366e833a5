import type { BlobRef, Json } from '@fw/agents-core';
import type { BlobStore } from './blob-store.ts';
import { sealEntry, verifyChain } from './journal-chain.ts';
import type { JournalEntry } from './journal-entry.ts';
import type { Claim, JournalStore, Question } from './journal-store.ts';
import { runLeaf } from './machine.ts';
import type { Backend, Command, Outcome, Pause } from './machine.ts';
import { describeError, WorkflowError } from './workflow-error.ts';

/** Outputs above this many characters of JSON are kept as blobs. */
const BLOB_THRESHOLD = 64 * 1024;
/** A run that waits at least this long for its next timer is put down. */
const PARK_MS = 1_000;
/** How long a cancelled leaf may take to notice. */
const CANCEL_GRACE_MS = 5_000;
const CANCEL_KEY = '!cancel';

export interface LocalBackendOptions {
  readonly store: JournalStore;
  readonly run: string;
  readonly claim: Claim;
  readonly clock: () => number;
  readonly redact: (value: Json) => Json;
  /** Every entry as it settles in the program, replayed ones too. */
  readonly onSettled: (entry: JournalEntry) => void;
  /** Every entry as it is stored. */
  readonly onStored: () => void;
  readonly onDelta: (key: string, attempt: number, index: number, delta: Json) => void;
  /** The program has to see that it was cancelled. */
  readonly onCancel: (error: WorkflowError) => void;
}

/** Thrown out of the machine when a run is put down: it waits, was paused, or its process closes. */
export class Parked {
  readonly pause: Pause | undefined;
  readonly waits: readonly Question[];
  readonly wakeAt: number | undefined;

  constructor(options: { readonly pause?: Pause; readonly waits?: readonly Question[]; readonly wakeAt?: number }) {
    this.pause = options.pause;
    this.waits = options.waits ?? [];
    this.wakeAt = options.wakeAt;
  }
}

interface Waiting {
  readonly command: Command;
  readonly attempt: number;
  readonly dueAt: number | undefined;
}

/** The embedded engine's side of the machine: replays what the store has, performs the rest, appends with its claim's token. */
export class LocalBackend implements Backend {
  readonly seed: string;
  readonly #options: LocalBackendOptions;
  readonly #blobs: BlobStore;
  /** Settled entries in journaled order, and how many of them the program has seen. */
  readonly #recorded: readonly JournalEntry[];
  #replayed = 0;
  readonly #begun = new Map<string, JournalEntry>();
  readonly #asked = new Map<string, Command>();
  #fresh: Command[] = [];
  readonly #running = new Map<string, Command>();
  readonly #waiting = new Map<string, Waiting>();
  readonly #settled: { readonly key: string; readonly outcome: Outcome; readonly entry: JournalEntry }[] = [];
  #stop: Error | Parked | undefined;
  #cancelled = false;
  /** Waits that are being set up. */
  #preparing = 0;
  /** Counts what happened, so that nothing is missed between two looks. */
  #changes = 0;
  #resume: () => void = () => {};
  #seq: number;
  #head: string;

  constructor(options: LocalBackendOptions) {
    const { entries } = options.claim;
    verifyChain(entries);
    this.#options = options;
    this.#blobs = options.store.blobs;
    this.seed = options.run;
    this.#recorded = entries.filter((entry) => entry.kind !== 'begin' && entry.kind !== 'run');
    const finished = new Set(this.#recorded.map((entry) => entry.key));
    for (const entry of entries) if (entry.kind === 'begin' && !finished.has(entry.key)) this.#begun.set(entry.key, entry);
    this.#cancelled = finished.has(CANCEL_KEY);
    this.#seq = entries.length;
    this.#head = entries.at(-1)?.hash ?? '';
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

  #wake(): void {
    this.#changes++;
    this.#resume();
  }

  cancel(reason: string): void {
    if (this.#cancelled) return;
    this.#cancelled = true;
    this.#append({ key: CANCEL_KEY, order: [], kind: 'signal', attempt: 1, origin: 'engine', output: reason, at: this.#options.clock() })
      .then((entry) => {
        this.#settled.push({ key: CANCEL_KEY, outcome: { at: entry.at, output: reason }, entry });
        this.#wake();
      }, (error: Error) => this.stop(error));
  }

  start(command: Command): void {
    if (this.#replayed < this.#recorded.length) this.#asked.set(command.key, command);
    else this.#fresh.push(command);
  }

  async next(): Promise<{ readonly key: string; readonly outcome: Outcome }> {
    for (;;) {
      const settled = await this.#nextSettled();
      this.#options.onSettled(settled.entry);
      if (settled.key !== CANCEL_KEY) return settled;
      this.#applyCancel(String(settled.outcome.output));
    }
  }

  finish(): void {
    const missing = this.#recorded[this.#replayed];
    if (missing) throw diverged(`The run ended, but the journal goes on with "${missing.key}".`);
  }

  /** The last entry of an ended run. */
  async conclude(outcome: Json): Promise<void> {
    await this.#append({ key: `${this.#options.run}/!end`, order: [Number.MAX_SAFE_INTEGER], kind: 'run', attempt: 1, origin: 'engine', output: outcome, at: this.#options.clock() });
  }

  async #nextSettled(): Promise<{ readonly key: string; readonly outcome: Outcome; readonly entry: JournalEntry }> {
    if (this.#stop) throw this.#stop;
    const recorded = this.#recorded[this.#replayed];
    if (recorded) return this.#replay(recorded);
    if (this.#asked.size > 0) {
      this.#fresh.unshift(...this.#asked.values());
      this.#asked.clear();
    }
    this.#startFresh();
    for (;;) {
      if (this.#stop) throw this.#stop;
      const settled = this.#settled.shift();
      if (settled) return settled;
      const looked = this.#changes;
      if (await this.#settleWaiting()) continue;
      if (this.#changes !== looked || this.#stop) continue;
      this.#parkIfIdle();
      await this.#sleepUntilSomething();
    }
  }

  async #replay(entry: JournalEntry): Promise<{ readonly key: string; readonly outcome: Outcome; readonly entry: JournalEntry }> {
    const outcome: Outcome = {
      at: entry.at,
      ...(entry.output !== undefined && { output: await this.#resolve(entry.output) }),
      ...(entry.tree !== undefined && { tree: entry.tree }),
      ...(entry.error && { error: entry.error }),
    };
    if (entry.key !== CANCEL_KEY) {
      const command = this.#asked.get(entry.key);
      if (!command) throw diverged(`The journal has "${entry.key}" next; the program asks for ${[...this.#asked.keys()].slice(0, 3).map((key) => `"${key}"`).join(', ') || 'nothing'}.`);
      if ((entry.input ?? '') !== command.input) throw diverged(`"${entry.key}" is asked for with another input than the journal has (${entry.input || 'none'} there, ${command.input || 'none'} now).`);
      this.#asked.delete(entry.key);
    }
    this.#replayed++;
    return { key: entry.key, outcome, entry };
  }

  #startFresh(): void {
    if (this.#begun.size > 0 && this.#running.size === 0) {
      for (const key of this.#begun.keys()) {
        if (!this.#fresh.some((command) => command.key === key)) throw diverged(`"${key}" was begun; the program now asks for ${this.#fresh.map((command) => `"${command.key}"`).join(', ') || 'nothing'}.`);
      }
    }
    for (const command of this.#fresh.splice(0)) {
      this.#perform(command).catch((error: unknown) => this.stop(error instanceof Error ? error : new WorkflowError('FW_STORE_FAILED', { message: describeError(error).message })));
    }
  }

  async #perform(command: Command): Promise<void> {
    const begun = this.#begun.get(command.key);
    this.#begun.delete(command.key);
    if (begun && (begun.input ?? '') !== command.input) throw diverged(`"${command.key}" was begun with another input than it is asked for now.`);
    const attempt = (begun?.attempt ?? 0) + 1;
    if (command.abort.aborted) return this.#settle(command, attempt, abortedBy(command.abort, this.#options.clock()));
    if (command.kind === 'step') return this.#performStep(command, attempt, begun !== undefined);
    if (command.kind === 'child') throw new WorkflowError('FW_WORKFLOW_UNSUPPORTED', { message: `"${command.key}": child runs are not available in this version.` });
    await this.#performWait(command, begun);
  }

  async #performStep(command: Command, attempt: number, again: boolean): Promise<void> {
    const { clock, onDelta } = this.#options;
    if (again && command.effect === 'once') {
      return this.#settle(command, attempt, { at: clock(), error: { code: 'FW_STEP_UNCERTAIN', message: `"${command.key}" was begun by a process that died; whether it took effect is not known, and it may run only once.` } });
    }
    this.#running.set(command.key, command);
    await this.#noteIntent(command, attempt);
    const outcome = await runLeaf(command, attempt, { clock, onDelta: (index, delta) => onDelta(command.key, attempt, index, delta) });
    if (outcome.pause) return this.stop(new Parked({ pause: outcome.pause }));
    if (this.#stop instanceof Parked && outcome.error) return;
    const { pause: _pause, ...settled } = outcome;
    await this.#settle(command, attempt, settled);
  }

  /** Only `once` waits until its intent is stored. The engine's own computations have no effect that an intent could announce. */
  async #noteIntent(command: Command, attempt: number): Promise<void> {
    if (command.origin === 'engine') return;
    const intent = this.#append({ ...headOf(command), kind: 'begin', attempt, at: this.#options.clock() });
    if (command.effect === 'once') await intent;
    else intent.catch((error: Error) => this.stop(error));
  }

  /** Signals and timers: the begin entry keeps the time from which a limit counts. */
  async #performWait(command: Command, begun: JournalEntry | undefined): Promise<void> {
    const { store, run, claim } = this.#options;
    this.#preparing++;
    const since = begun ?? (await this.#append({ ...headOf(command), kind: 'begin', attempt: 1, at: this.#options.clock() }));
    if (command.signal) {
      const { name, ordinal, question } = command.signal;
      await store.ask(run, claim.token, { name, ordinal, ...(question !== undefined && { question }) });
    }
    this.#waiting.set(command.key, { command, attempt: 1, dueAt: command.durationMs === undefined ? undefined : since.at + command.durationMs });
    this.#preparing--;
    command.abort.addEventListener('abort', () => this.#wake(), { once: true });
    this.#wake();
  }

  /** Settles one wait whose answer is there, whose time has come or whose scope was aborted. */
  async #settleWaiting(): Promise<boolean> {
    for (const [key, { command, attempt, dueAt }] of this.#waiting) {
      const outcome = await this.#outcomeOfWait(command, dueAt);
      if (!outcome) continue;
      this.#waiting.delete(key);
      await this.#settle(command, attempt, outcome);
      return true;
    }
    return false;
  }

  async #outcomeOfWait(command: Command, dueAt: number | undefined): Promise<Outcome | undefined> {
    const { store, run, clock } = this.#options;
    if (command.abort.aborted) return abortedBy(command.abort, clock());
    if (command.signal) {
      const answer = await store.answerOf(run, command.signal.name, command.signal.ordinal);
      if (answer) return { at: clock(), output: answer.value };
    }
    // A wait without an answer resolves undefined: the entry has no output then.
    return dueAt !== undefined && dueAt <= clock() ? { at: clock(), ...(command.kind === 'timer' && { output: null }) } : undefined;
  }

  async #settle(command: Command, attempt: number, outcome: Outcome): Promise<void> {
    const { redact } = this.#options;
    const redacted: Outcome = {
      ...outcome,
      ...(outcome.output !== undefined && { output: redact(outcome.output) }),
      ...(outcome.error && { error: { code: outcome.error.code, message: String(redact(outcome.error.message)) } }),
    };
    const kind = redacted.error ? 'failed' : command.kind;
    const entry = await this.#append({
      ...headOf(command), kind, attempt, at: redacted.at,
      ...(redacted.output !== undefined && { output: await this.#shrink(redacted.output) }),
      ...(redacted.error && { error: redacted.error }),
      ...(redacted.tree !== undefined && { tree: redacted.tree }),
    });
    this.#running.delete(command.key);
    this.#settled.push({ key: command.key, outcome: redacted, entry });
    this.#wake();
  }

  async #append(body: Omit<JournalEntry, 'run' | 'seq' | 'previous' | 'hash'>): Promise<JournalEntry> {
    const { store, run, claim, onStored } = this.#options;
    const entry = sealEntry({ run, seq: ++this.#seq, ...body, previous: this.#head });
    this.#head = entry.hash;
    await store.append(run, claim.token, entry);
    onStored();
    return entry;
  }

  async #shrink(output: Json): Promise<Json | BlobRef> {
    const text = JSON.stringify(output);
    if (text.length <= BLOB_THRESHOLD && !isBlobRef(output)) return output;
    const bytes = new TextEncoder().encode(text);
    return { blob: await this.#blobs.put(bytes), bytes: bytes.byteLength, mediaType: 'application/json' };
  }

  async #resolve(output: Json | BlobRef): Promise<Json> {
    if (!isBlobRef(output)) return output as Json;
    return JSON.parse(new TextDecoder().decode(await this.#blobs.get(output.blob))) as Json;
  }

  #applyCancel(reason: string): void {
    this.#options.onCancel(new WorkflowError('FW_WORKFLOW_CANCELLED', { message: reason }));
    if (this.#running.size === 0) return;
    const late = [...this.#running.values()];
    setTimeout(() => {
      for (const command of late) {
        if (this.#running.has(command.key)) this.stop(new WorkflowError('FW_WORKFLOW_CANCELLED', { message: `${reason} ("${command.key}" did not end when it was aborted.)` }));
      }
    }, CANCEL_GRACE_MS).unref();
  }

  #parkIfIdle(): void {
    if (this.#running.size > 0 || this.#preparing > 0 || this.#waiting.size === 0 || this.#cancelled) return;
    const waiting = [...this.#waiting.values()];
    const wakeAt = Math.min(...waiting.map(({ dueAt }) => dueAt ?? Infinity));
    if (wakeAt - this.#options.clock() < PARK_MS) return;
    const waits = waiting.flatMap(({ command }) => (command.signal ? [command.signal] : []));
    throw new Parked({ waits, ...(wakeAt !== Infinity && { wakeAt }) });
  }

  #sleepUntilSomething(): Promise<void> {
    const now = this.#options.clock();
    const nextDue = Math.min(...[...this.#waiting.values()].map(({ dueAt }) => dueAt ?? Infinity));
    // Another process may answer: its answer is only in the store.
    const limit = this.#waiting.size === 0 ? undefined : Math.max(1, Math.min(250, nextDue - now));
    return new Promise((resolve) => {
      const timer = limit === undefined ? undefined : setTimeout(resolve, limit);
      this.#resume = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

const headOf = (command: Command): Pick<JournalEntry, 'key' | 'order' | 'origin' | 'input'> =>
  ({ key: command.key, order: command.order, origin: command.origin, ...(command.input !== '' && { input: command.input }) });

/** An output that only looks like a reference is stored as a blob itself, so that a reference is always ours. */
const isBlobRef = (output: Json | BlobRef): output is BlobRef =>
  output !== null && typeof output === 'object' && !Array.isArray(output) && typeof (output as { blob?: unknown }).blob === 'string' && 'mediaType' in output;

function abortedBy(signal: AbortSignal, at: number): Outcome {
  const { code, message } = describeError(signal.reason);
  return { at, error: { code: code.startsWith('FW_') ? code : 'FW_WORKFLOW_ABORTED', message } };
}

const diverged = (message: string): WorkflowError =>
  new WorkflowError('FW_WORKFLOW_DIVERGED', { message: `${message} The code of an agent, or something it reads outside its context, is not the same as when the run was recorded; nothing was written.` });
