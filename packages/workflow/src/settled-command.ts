import type { BlobRef, Json } from '@fw/agents-core';
import type { BlobStore } from './blob-store.ts';
import type { EntryBody } from './journal-chain.ts';
import type { JournalEntry } from './journal-entry.ts';
import { resolveOutput, shrinkOutput } from './large-output.ts';
import type { Command, Outcome } from './machine.ts';

/** An outcome as it is kept: plain JSON, redacted, a large output by its hash. */
export type StoredOutcome = Omit<Outcome, 'output'> & { readonly output?: Json | BlobRef };

/** Removes secrets; what agent and journal get of it is the same. */
export function redactOutcome(outcome: Outcome, redact: (value: Json) => Json): Outcome {
  return {
    ...outcome,
    ...(outcome.output !== undefined && { output: redact(outcome.output) }),
    ...(outcome.error && { error: { code: outcome.error.code, message: String(redact(outcome.error.message)) } }),
  };
}

export async function storeOutcome({ output, ...outcome }: Outcome, blobs: BlobStore): Promise<StoredOutcome> {
  return { ...outcome, ...(output !== undefined && { output: await shrinkOutput(output, blobs) }) };
}

/** @throws WorkflowError `FW_BLOB_MISSING`, `FW_JOURNAL_BROKEN`. */
export async function loadOutcome({ at, output, tree, error }: StoredOutcome, blobs: BlobStore): Promise<Outcome> {
  return { at, ...(output !== undefined && { output: await resolveOutput(output, blobs) }), ...(tree !== undefined && { tree }), ...(error && { error }) };
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
