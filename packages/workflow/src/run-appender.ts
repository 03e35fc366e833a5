import { EntryChain } from './journal-chain.ts';
import type { EntryBody } from './journal-chain.ts';
import type { JournalEntry } from './journal-entry.ts';
import type { JournalStore } from './journal-store.ts';

export interface RunAppenderOptions {
  readonly store: JournalStore;
  readonly run: string;
  readonly token: number;
  /** Those that are there already. */
  readonly entries: readonly JournalEntry[];
  readonly owner: AppenderOwner;
}

export interface AppenderOwner {
  /** An entry was stored. */
  onStored(): void;
}

/** Adds entries to the journal of one run with the token of its claim. */
export class RunAppender {
  readonly #options: RunAppenderOptions;
  readonly #chain: EntryChain;
  /** Resolves when everything appended so far is stored; undefined when it is. */
  #storing: Promise<void> | undefined;
  /** Why nothing may be appended any more. */
  #closed: Error | undefined;

  constructor(options: RunAppenderOptions) {
    this.#options = options;
    this.#chain = new EntryChain(options.run, options.entries);
  }

  /** Resolves in the order of the calls. After one that failed nothing is appended: a journal has no gaps. */
  async append(body: EntryBody): Promise<JournalEntry> {
    const { store, run, token, owner } = this.#options;
    if (this.#closed) throw this.#closed;
    const entry = this.#chain.next(body);
    const before = this.#storing;
    const appending = store.append(run, token, entry);
    const storing = before === undefined ? appending : appending.then(() => before);
    this.#storing = storing;
    try {
      await storing;
      if (this.#storing === storing) this.#storing = undefined;
    } catch (error) {
      this.#closed ??= error as Error;
      throw error;
    }
    owner.onStored();
    return entry;
  }

  close(why: Error): void {
    this.#closed = why;
  }

  /** When all is stored. Why something could not be is known to the one who appended it. */
  async stored(): Promise<void> {
    await this.#storing?.catch(() => {});
  }
}
