import type { Json } from '@fw/agents-core';
import { compileSchema } from './answer-schema.ts';
import type { JournalStore, Question } from './journal-store.ts';
import type { Command, Outcome } from './machine.ts';
import { abortedBy } from './run-leaf.ts';

export interface OpenWaitsOptions {
  readonly store: JournalStore;
  readonly run: string;
  readonly token: number;
  readonly clock: () => number;
  readonly redact: (value: Json) => Json;
  readonly children: Children;
  /** The scope of a wait was aborted. */
  readonly onAbort: () => void;
}

/** The runs that a run waits for. */
export interface Children {
  /** Begins it, or takes it up where nobody has it. */
  start(child: NonNullable<Command['child']>): Promise<void>;
  /** This process drives it at the moment. */
  isActive(id: string): boolean;
  cancel(id: string, reason: string): Promise<void>;
}

/** Under this name a child's outcome is an answer to the run that waits for it. */
export const childSignal = (id: string): Pick<Question, 'name' | 'ordinal'> => ({ name: `!child:${id}`, ordinal: 1 });

interface OpenWait {
  readonly command: Command;
  readonly dueAt: number | undefined;
}

/** The signals and timers that a run waits for while this process has it. */
export class OpenWaits {
  readonly #options: OpenWaitsOptions;
  readonly #open = new Map<string, OpenWait>();
  readonly #unwanted = new Set<string>();
  readonly #listening = new Map<AbortSignal, number>();

  constructor(options: OpenWaitsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Epoch milliseconds of the next timer; Infinity without one. */
  get nextDue(): number {
    let next = Infinity;
    for (const { dueAt = Infinity } of this.#open.values()) if (dueAt < next) next = dueAt;
    return next;
  }

  get hasActiveChild(): boolean {
    return [...this.#open.values()].some(({ command }) => command.child && this.#options.children.isActive(command.child.id));
  }

  /** What wakes the run. */
  get questions(): readonly Question[] {
    return [...this.#open.values()].flatMap(({ command }) => (command.signal ? [command.signal] : command.child ? [childSignal(command.child.id)] : []));
  }

  /** `since` is when the wait began, in this process or in one before. */
  async add(command: Command, since: number): Promise<void> {
    const { store, run, token, redact, children } = this.#options;
    const { signal, child } = command;
    if (child) {
      await store.ask(run, token, childSignal(child.id));
      await children.start(child);
    }
    if (signal) await store.ask(run, token, { ...signal, ...(signal.question !== undefined && { question: redact(signal.question) }) });
    this.#open.set(command.key, { command, dueAt: command.durationMs === undefined ? undefined : since + command.durationMs });
    this.#listen(command.abort, 1);
  }

  /** One listener for all waits of a scope, while there are any. */
  #listen(signal: AbortSignal, change: 1 | -1): void {
    const before = this.#listening.get(signal) ?? 0;
    const now = before + change;
    if (before === 0) signal.addEventListener('abort', this.#options.onAbort);
    if (now > 0) this.#listening.set(signal, now);
    else {
      this.#listening.delete(signal);
      signal.removeEventListener('abort', this.#options.onAbort);
    }
  }

  /** Takes one wait that is over: its answer is there, its time has come or its scope was aborted. */
  async take(): Promise<{ readonly command: Command; readonly outcome: Outcome } | undefined> {
    for (const [key, { command, dueAt }] of this.#open) {
      const outcome = await this.#outcomeOf(command, dueAt);
      if (!outcome) continue;
      this.#open.delete(key);
      this.#listen(command.abort, -1);
      return { command, outcome };
    }
    return undefined;
  }

  async #outcomeOf(command: Command, dueAt: number | undefined): Promise<Outcome | undefined> {
    const { store, run, token, clock } = this.#options;
    const { signal, child, abort } = command;
    if (child) return this.#outcomeOfChild(child.id, abort);
    const over = abort.aborted || (dueAt !== undefined && dueAt <= clock());
    if (!signal) return !over ? undefined : abort.aborted ? abortedBy(abort, clock()) : { at: clock(), output: null };
    if (!abort.aborted) {
      const answer = await store.answerOf(run, signal.name, signal.ordinal);
      if (answer) return outcomeOfAnswer(signal, answer.value, clock());
    }
    if (!over) return undefined;
    // An answer that came in this moment was accepted, so it counts; unless nobody is there to take it.
    const withdrawn = await store.withdraw(run, token, signal);
    if (abort.aborted) return abortedBy(abort, clock());
    if (!withdrawn) return this.#outcomeOf(command, dueAt);
    // A wait without an answer resolves undefined: the entry has no output then.
    return { at: clock() };
  }

  /** A child that is not wanted any more is cancelled and awaited: nothing outlives the run that began it. */
  async #outcomeOfChild(id: string, abort: AbortSignal): Promise<Outcome | undefined> {
    const { store, run, clock, children } = this.#options;
    const { name, ordinal } = childSignal(id);
    const ended = await store.answerOf(run, name, ordinal);
    if (ended) return abort.aborted ? abortedBy(abort, clock()) : { at: clock(), output: ended.value };
    if (abort.aborted && !this.#unwanted.has(id)) {
      this.#unwanted.add(id);
      await children.cancel(id, abortedBy(abort, clock()).error!.message);
    }
    return undefined;
  }
}

/** An answer that came before the question was not checked when it came. */
export function outcomeOfAnswer({ name, schema }: Question, answer: Json, at: number): Outcome {
  const problem = schema === undefined ? undefined : compileSchema(schema, name)(answer);
  return problem === undefined ? { at, output: answer } : { at, error: { code: 'FW_SIGNAL_INVALID', message: `The answer to "${name}" does not fit: ${problem}.` } };
}
