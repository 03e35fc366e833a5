import type { BlobRef, Json } from '@fw/agents-core';
import type { BlobStore } from './blob-store.ts';
import type { EntryBody } from './journal-chain.ts';
import type { JournalEntry } from './journal-entry.ts';
import { isBlobRef, isSmall, resolveOutput, shrinkOutput } from './large-output.ts';
import type { Command, Outcome } from './machine.ts';

/** An outcome as it is kept: plain JSON, redacted, a large output by its hash. */
export type StoredOutcome = Omit<Outcome, 'output'> & { readonly output?: Json | BlobRef };

/** Removes secrets; what agent and journal get of it is the same. */
export function redactOutcome({ at, output, tree, error }: Outcome, redact: (value: Json) => Json): Outcome {
  return { at, ...(output !== undefined && { output: redact(output) }), ...(tree !== undefined && { tree }), ...(error && { error: { code: error.code, message: String(redact(error.message)) } }) };
}

/** Not a promise where nothing has to be put: most outcomes are small. */
export function storeOutcome(outcome: Outcome, blobs: BlobStore): StoredOutcome | Promise<StoredOutcome> {
  const { output } = outcome;
  if (output === undefined || isSmall(output)) return outcome;
  return shrinkOutput(output, blobs).then((stored) => ({ ...outcome, output: stored }));
}

/** @throws WorkflowError `FW_BLOB_MISSING`, `FW_JOURNAL_BROKEN`. */
export function loadOutcome(stored: StoredOutcome, blobs: BlobStore): Outcome | Promise<Outcome> {
  const { at, output, tree, error } = stored;
  const outcome = { at, ...(tree !== undefined && { tree }), ...(error && { error }) };
  if (output === undefined) return outcome;
  if (!isBlobRef(output)) return { ...outcome, output };
  return resolveOutput(output, blobs).then((loaded) => ({ ...outcome, output: loaded }));
}

/** The entry of an operation that settled: the same on every engine but for `at` and `attempt`. */
export function entryOf(command: Command, attempt: number, { at, output, tree, error }: StoredOutcome): EntryBody {
  return {
    ...headOf(command), kind: error ? 'failed' : command.kind, attempt, at,
    ...(output !== undefined && { output }), ...(error && { error }), ...(tree !== undefined && { tree }),
  };
}

export const headOf = ({ key, order, origin, input, effect }: Command): Pick<JournalEntry, 'key' | 'order' | 'origin' | 'input' | 'effect'> =>
  ({ key, order, origin, ...(input !== '' && { input }), ...(effect === 'once' && { effect }) });

/** Key of the entry that says that the run was cancelled. */
export const CANCEL_KEY = '!cancel';

export const cancelEntry = (reason: string, attempt: number, at: number): EntryBody =>
  ({ key: CANCEL_KEY, order: [], kind: 'signal', attempt, origin: 'engine', output: reason, at });

/** The last entry of a run. */
export const endEntry = (run: string, output: Json | BlobRef, attempt: number, at: number): EntryBody =>
  ({ key: `${run}/!end`, order: [Number.MAX_SAFE_INTEGER], kind: 'run', attempt, origin: 'engine', output, at });
