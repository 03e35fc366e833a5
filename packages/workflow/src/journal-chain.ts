import { sha256 } from './canonical.ts';
import type { JournalEntry } from './journal-entry.ts';
import { WorkflowError } from './workflow-error.ts';

/** What an entry says, without its place in the journal. */
export type EntryBody = Omit<JournalEntry, 'run' | 'seq' | 'previous' | 'hash'>;

/** Seals the entries of one run one after the other; `entries` are those that it has already. */
export class EntryChain {
  readonly #run: string;
  #seq: number;
  #head: string;

  constructor(run: string, entries: readonly JournalEntry[] = []) {
    this.#run = run;
    this.#seq = entries.length;
    this.#head = entries.at(-1)?.hash ?? '';
  }

  next(body: EntryBody): JournalEntry {
    const entry = sealEntry({ run: this.#run, seq: ++this.#seq, ...body, previous: this.#head });
    this.#head = entry.hash;
    return entry;
  }
}

/** The text of the entry that was sealed last, so that a store, which gets it at once, need not make it again. */
let last: { readonly entry: JournalEntry; readonly text: string } | undefined;

/** Seals an entry to the one before it. */
export function sealEntry(body: Omit<JournalEntry, 'hash'>): JournalEntry {
  const text = JSON.stringify(body);
  const hash = sha256(text);
  const entry: JournalEntry = Object.assign(body, { hash });
  last = { entry, text: `${text.slice(0, -1)},"hash":"${hash}"}` };
  return entry;
}

/** An entry as JSON: as it was sealed. */
export const entryText = (entry: JournalEntry): string => (last?.entry === entry ? last.text : JSON.stringify(entry));

/**
 * Checks that entries are complete, in order and unchanged.
 * @throws WorkflowError `FW_JOURNAL_BROKEN`, naming the first entry that does not follow from the one before.
 */
export function verifyChain(entries: readonly JournalEntry[]): void {
  let previous = '';
  for (const [index, entry] of entries.entries()) {
    const { hash, ...rest } = entry;
    if (entry.seq !== index + 1 || entry.previous !== previous || sha256(JSON.stringify(rest)) !== hash) {
      throw new WorkflowError('FW_JOURNAL_BROKEN', { message: `Entry ${entry.seq} of run "${entry.run}" does not follow from the one before it: the journal was changed or damaged.` });
    }
    previous = hash;
  }
}
