import { hostname } from 'node:os';
import type { JournalEntry, JournalStore, Json, NewRun, Question, RunOutcome, RunRecord } from '@fw/workflow';
import { WorkflowError } from '@fw/workflow';
import { EntryChain, endEntry, shrinkOutput } from '@fw/workflow/engine-kit';

/** Restate says who drives a run, so a claim has no time of its own. */
const FOREVER_MS = 1e14;
const CLAIM_TRIES = 10;
let claims = 0;

/** Begins with "@": an embedded engine on the same store leaves such runs alone. */
const newHolder = (service: string): string => `@restate/${service}|${hostname()}|${process.pid}|${++claims}`;

/** What a run waits for at a moment. */
export interface OpenWait {
  readonly questions: readonly Question[];
  /** Epoch milliseconds of the next timer. */
  readonly wakeAt: number | undefined;
  /** Nothing else is under way. */
  readonly isIdle: boolean;
}

/**
 * A run in our store, as one attempt writes it: what Restate's journal gives is compared with what is there and the rest
 * is appended, by (run, seq). Writes are made in the order in which they were asked for; a newer attempt's claim ends them.
 */
export class StoredRun {
  readonly record: RunRecord;
  /** How many entries were there when the attempt began. */
  readonly known: number;
  readonly #store: JournalStore;
  readonly #clock: () => number;
  readonly #holder: string;
  readonly #hashes: string[];
  readonly #open: Map<string, Question>;
  #token: number | undefined;
  #isWaiting = false;
  #tail: Promise<void> = Promise.resolve();
  #failure: Error | undefined;

  private constructor(store: JournalStore, clock: () => number, holder: string, taken: Taken) {
    this.#store = store;
    this.#clock = clock;
    this.#holder = holder;
    this.record = taken.record;
    this.#token = taken.token;
    this.#hashes = taken.entries.map(({ hash }) => hash);
    this.known = taken.entries.length;
    this.#open = new Map(taken.record.questions.map((question) => [keyOf(question), question]));
  }

  /** Takes the run from whoever had it: an attempt before this one. */
  static async open(store: JournalStore, run: string, { service, clock }: Place): Promise<StoredRun> {
    const holder = newHolder(service);
    return new StoredRun(store, clock, holder, await take(store, run, holder, clock));
  }

  /** It ended before: everything is only compared. */
  get isEnded(): boolean {
    return this.record.result !== undefined;
  }

  get count(): number {
    return this.#hashes.length;
  }

  /** @throws WorkflowError `FW_WORKFLOW_DIVERGED` for an entry that is another one than the store has there. */
  add(entry: JournalEntry): void {
    const stored = this.#hashes[entry.seq - 1];
    if (stored === entry.hash) return;
    if (stored !== undefined || this.isEnded) {
      throw new WorkflowError('FW_WORKFLOW_DIVERGED', { message: `Entry ${entry.seq} of run "${this.record.id}" comes out as "${entry.key}" (${entry.kind}) with another content than the journal has. The code of this worker is not what the run began with; nothing was written.` });
    }
    this.#hashes.push(entry.hash);
    this.#write((token) => this.#store.append(this.record.id, token, entry));
  }

  /** An answer was taken; noted before its entry. */
  answered(question: Pick<Question, 'name' | 'ordinal'>, value: Json, at: number): void {
    if (!this.#open.delete(keyOf(question))) return;
    this.#write(async () => {
      await this.#store.answer(this.record.id, question.name, value, at);
    });
  }

  /** Resolves when everything so far is stored. */
  async flush(): Promise<void> {
    await this.#tail;
    if (this.#failure) throw this.#failure;
  }

  /** Notes what the run waits for, so that people can see and answer it. */
  park({ questions, wakeAt, isIdle }: OpenWait): void {
    if (this.isEnded || this.#isWaiting) return;
    const wanted = new Map(questions.map((question) => [keyOf(question), question]));
    for (const [key, question] of this.#open) {
      if (wanted.has(key)) continue;
      this.#open.delete(key);
      this.#write(async (token) => void (await this.#store.withdraw(this.record.id, token, question)));
    }
    for (const [key, question] of wanted) {
      if (this.#open.has(key)) continue;
      this.#open.set(key, question);
      this.#write((token) => this.#store.ask(this.record.id, token, question));
    }
    if (!isIdle) return;
    this.#isWaiting = true;
    this.#write((token) => this.#store.release(this.record.id, token, { now: this.#clock(), status: 'waiting', ...(wakeAt !== undefined && { wakeAt }) }), 'release');
  }

  /** It goes on after it waited. */
  unpark(): void {
    if (!this.#isWaiting) return;
    this.#isWaiting = false;
    // More entries may be on their way when the claim is there.
    const { count } = this;
    this.#enqueue(async () => {
      const { token, entries } = await take(this.#store, this.record.id, this.#holder, this.#clock);
      if (token === undefined || entries.length !== count) throw lost(this.record.id);
      this.#token = token;
    });
  }

  async finish(outcome: RunOutcome, result: Json): Promise<void> {
    this.#write((token) => this.#store.finish(this.record.id, token, { now: this.#clock(), status: outcome.status, result }), 'release');
    await this.flush();
  }

  /** Ends a run that cannot go on otherwise, after whatever is stored of it. */
  async end(outcome: RunOutcome): Promise<void> {
    const { id } = this.record;
    const result = outcome as unknown as Json;
    const chain = new EntryChain(id, await this.#store.read(id));
    const entry = chain.next(endEntry(id, await shrinkOutput(result, this.#store.blobs), 0, this.#clock()));
    this.#write((token) => this.#store.append(id, token, entry));
    await this.finish(outcome, result);
  }

  /** The attempt is over and the run is not. */
  async putDown(paused?: { readonly code: string; readonly message: string }): Promise<void> {
    await this.#tail;
    this.#failure = undefined;
    if (this.isEnded) return;
    // Without a reason it stays as it is: the next attempt takes it.
    if (!paused) return;
    this.unpark();
    this.#write((token) => this.#store.release(this.record.id, token, { now: this.#clock(), status: 'waiting', paused }), 'release');
    await this.flush();
  }

  #write(write: (token: number) => Promise<void>, then?: 'release'): void {
    if (this.isEnded) return;
    this.#enqueue(async () => {
      if (this.#token === undefined) throw lost(this.record.id);
      await write(this.#token);
      if (then === 'release') this.#token = undefined;
    });
  }

  #enqueue(work: () => Promise<void>): void {
    this.#tail = this.#tail.then(async () => {
      if (this.#failure) return;
      await work();
    }).catch((error: Error) => { this.#failure ??= error; });
  }
}

/** Code of a run that Restate has not begun yet. */
export const QUEUED = 'FW_RUN_QUEUED';

/** False when the run exists. From its first moment on it is Restate's: no embedded engine takes it up. */
export async function createRun(store: JournalStore, run: NewRun, { service, clock }: Place): Promise<boolean> {
  const waiting = { status: 'waiting', paused: { code: QUEUED, message: 'The run waits for a worker.' } } as const;
  if (!(await store.create(run, clock(), { entries: [], answers: [], as: waiting }))) return false;
  const { token } = await take(store, run.id, newHolder(service), clock);
  if (token !== undefined) await store.release(run.id, token, { ...waiting, now: clock() });
  return true;
}

/** A run that was put down goes on; nothing for one that has ended. */
export async function holdRun(store: JournalStore, run: string, { service, clock }: Place): Promise<void> {
  await take(store, run, newHolder(service), clock);
}

/** Runs of the service that Restate was not told of: whoever began them died first, or nobody served them. Those that a run begins are called by it. */
export async function queuedRuns(store: JournalStore, service: string): Promise<readonly string[]> {
  const queued: string[] = [];
  for await (const { id, paused, holder, parent } of store.list({ status: 'waiting' })) {
    if (parent === undefined && paused?.code === QUEUED && (holder === undefined || holder.startsWith(`@restate/${service}|`))) queued.push(id);
  }
  return queued;
}

export interface Place {
  readonly service: string;
  readonly clock: () => number;
}

interface Taken {
  readonly record: RunRecord;
  readonly entries: readonly JournalEntry[];
  /** Absent when it has ended. */
  readonly token?: number;
}

async function take(store: JournalStore, run: string, holder: string, clock: () => number): Promise<Taken> {
  for (let count = 0; count < CLAIM_TRIES; count++) {
    const record = await store.get(run);
    if (!record) throw new WorkflowError('FW_WORKFLOW_UNKNOWN_RUN', { message: `There is no run "${run}" in this worker's store: the engine that began it uses another one.` });
    if (record.result !== undefined) return { record, entries: await store.read(run) };
    const claim = await store.claim(run, { holder, now: clock(), ttlMs: FOREVER_MS, ...(record.holder !== undefined && { gone: record.holder }) });
    if (claim) return claim;
  }
  throw lost(run);
}

const keyOf = ({ name, ordinal }: Pick<Question, 'name' | 'ordinal'>): string => `${ordinal}#${name}`;
const lost = (run: string): WorkflowError => new WorkflowError('FW_WORKFLOW_LEASED', { message: `Another attempt has run "${run}" now.` });
