/** What a run has to do, in fifty lines: no journal, no processes, no promises. Everything that the engine adds must not show. */
export type Operation =
  | { readonly type: 'step'; readonly fails: boolean; readonly once: boolean }
  | { readonly type: 'sleep'; readonly ms: number }
  | { readonly type: 'wait'; readonly name: string; readonly ms: number | null }
  | { readonly type: 'all'; readonly branches: readonly (readonly Operation[])[] };

interface Thread {
  readonly operations: readonly Operation[];
  readonly name: string;
  at: number;
  since: number | undefined;
  ordinal: number;
  inner: Thread[] | undefined;
}

export class ReferenceModel {
  /** What each operation gave, in the order of its own thread. */
  readonly seen: Record<string, unknown[]> = {};
  status: 'open' | 'success' | 'cancelled' = 'open';
  time = 0;
  readonly #main: Thread;
  readonly #questions = new Map<string, { value?: string; open: boolean }[]>();

  constructor(operations: readonly Operation[]) {
    this.#main = newThread(operations, 'main');
  }

  /** Goes on as far as it can. */
  run(): void {
    if (this.status === 'open' && this.#advance(this.#main)) this.status = 'success';
  }

  cancel(): void {
    if (this.status === 'open') this.status = 'cancelled';
  }

  /** Whether the answer counts: that of the first open question of the name, or the first one before anybody asked. */
  answer(name: string, value: string): boolean {
    if (this.status !== 'open') return false;
    const questions = this.#questions.get(name) ?? [];
    const open = questions.find((question) => question.open);
    if (!open && questions.length > 0) return false;
    if (open) Object.assign(open, { value, open: false });
    else this.#questions.set(name, [{ value, open: false }]);
    return true;
  }

  #advance(thread: Thread): boolean {
    for (; thread.at < thread.operations.length; thread.at++, thread.since = undefined, thread.ordinal = 0) {
      const operation = thread.operations[thread.at]!;
      thread.since ??= this.time;
      if (operation.type === 'all') {
        thread.inner ??= operation.branches.map((branch, index) => newThread(branch, `${thread.name}.${thread.at}.${index}`));
        if (!thread.inner.map((inner) => this.#advance(inner)).every(Boolean)) return false;
        thread.inner = undefined;
      } else if (operation.type === 'step') this.#note(thread, operation.fails ? 'MY_CODE' : thread.at);
      else if (operation.type === 'sleep') {
        if (this.time < thread.since + operation.ms) return false;
        this.#note(thread, 'slept');
      } else if (!this.#wait(thread, `${operation.name}.${thread.name.replaceAll('main', '')}`, operation.ms)) return false;
    }
    return true;
  }

  #wait(thread: Thread, name: string, ms: number | null): boolean {
    const questions = this.#questions.get(name) ?? [];
    this.#questions.set(name, questions);
    if (thread.ordinal === 0) thread.ordinal = this.#asked(thread, name);
    const question = (questions[thread.ordinal - 1] ??= { open: true });
    if (question.value === undefined && (ms === null || this.time < thread.since! + ms)) return false;
    question.open = false;
    this.#note(thread, question.value ?? null);
    return true;
  }

  /** The how-many-eth wait of that name this is; a name belongs to one thread. */
  #asked(thread: Thread, name: string): number {
    return thread.operations.slice(0, thread.at + 1).filter((other) => other.type === 'wait' && `${other.name}.${thread.name.replaceAll('main', '')}` === name).length;
  }

  #note(thread: Thread, value: unknown): void {
    (this.seen[thread.name] ??= []).push(value);
  }
}

const newThread = (operations: readonly Operation[], name: string): Thread => ({ operations, name, at: 0, since: undefined, ordinal: 0, inner: undefined });
