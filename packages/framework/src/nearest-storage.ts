import { access } from 'node:fs/promises';
import type { RunBook } from './run-book.ts';

/** Where a run's files are kept. A fork that has done nothing yet has no storage; the run that it came from has. */
export async function nearestStorage(run: string, book: Pick<RunBook, 'storageOf' | 'find'>): Promise<string> {
  const storage = book.storageOf(run);
  if (await access(storage).then(() => true, () => false)) return storage;
  const parent = (await book.find(run))?.forkedFrom?.run;
  return parent === undefined ? storage : nearestStorage(parent, book);
}
