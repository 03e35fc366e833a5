import type { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import type { Json } from '@fw/agents-core';
import type { WorkflowDefinition } from './definition.ts';
import { entryText } from './journal-chain.ts';
import type { JournalEntry } from './journal-entry.ts';
import type { RunRecord, RunStatus } from './journal-store.ts';
import { leaseLost, outOfOrder, unknownRun } from './memory-store.ts';
import { prepareSchema, prepareStatements } from './sqlite-schema.ts';
import type { Statements } from './sqlite-schema.ts';
import { WorkflowError } from './workflow-error.ts';

/** How long a write waits for another process's. */
const BUSY_TIMEOUT_MS = 10_000;
const LOOK_AGAIN_MS = 5;
const SQLITE_BUSY = 5;

export interface RunRow {
  readonly id: string;
  readonly definition: string;
  readonly input: string;
  readonly fingerprint: string;
  readonly status: RunStatus;
  readonly result: string | null;
  readonly paused: string | null;
  readonly wake_at: number | null;
  readonly cancel: string | null;
  readonly holder: string | null;
  readonly created_at: number;
  readonly updated_at: number;
  readonly lineage: string | null;
}

interface Pending {
  readonly run: string;
  readonly token: number;
  readonly entry: JournalEntry;
  readonly text: string;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** An open file: prepared statements, and appends that are committed together. */
export interface Database {
  readonly statements: Statements;
  transaction<T>(work: () => T): T;
  recordOf(run: string): RunRecord;
  toRecord(row: RunRow): RunRecord;
  entriesOf(run: string, after: number): JournalEntry[];
  append(run: string, token: number, entry: JournalEntry): Promise<void>;
  backup(file: string): Promise<void>;
  close(): void;
}

/** Does something with the open file; what goes wrong has a code. */
export type UseDatabase = <T>(work: (database: Database) => T) => Promise<T>;

/** @throws WorkflowError `FW_STORE_SCHEMA`, `FW_STORE_FAILED`. */
export async function openDatabase(file: string, synchronous: 'full' | 'normal'): Promise<Database> {
  const { DatabaseSync, backup } = await import('node:sqlite');
  let connection: DatabaseSync | undefined;
  try {
    connection = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS });
    prepareSchema(connection, file);
    await useWriteAheadLog(connection);
    connection.exec(`pragma synchronous=${synchronous}`);
    const copyTo = async (to: string): Promise<void> => {
      // Over a connection of its own: a copy cannot be made over one that is just writing. In a transaction, so that it is
      // one moment's state however long it takes and whatever is written meanwhile.
      const source = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS });
      try {
        source.exec('begin');
        source.prepare('select count(*) from sqlite_schema').get();
        await backup(source, to);
      } finally {
        source.close();
      }
    };
    return useDatabase(connection, file, copyTo);
  } catch (error) {
    connection?.close();
    throw asStoreError(error, file);
  }
}

/** SQLite does not wait for those who read a file that has no such log yet, whatever its time limit: several may just be opening a new one. */
async function useWriteAheadLog(connection: DatabaseSync): Promise<void> {
  for (const since = performance.now(); ;) {
    try {
      connection.exec('pragma journal_mode=wal');
      return;
    } catch (error) {
      const isBusy = (Number((error as { readonly errcode?: unknown }).errcode) & 0xff) === SQLITE_BUSY;
      if (!isBusy || performance.now() - since > BUSY_TIMEOUT_MS) throw error;
      await delay(LOOK_AGAIN_MS);
    }
  }
}

function useDatabase(connection: DatabaseSync, file: string, backup: Database['backup']): Database {
  const statements = prepareStatements(connection);
  const queue: Pending[] = [];
  let lastRun: string | undefined;

  const transaction = <T>(work: () => T): T => {
    statements.beginWrite.run();
    try {
      const value = work();
      statements.commit.run();
      return value;
    } catch (error) {
      if (connection.isTransaction) connection.exec('rollback');
      throw error;
    }
  };
  const toRecord = (row: RunRow): RunRecord => ({
    id: row.id,
    definition: JSON.parse(row.definition) as WorkflowDefinition,
    input: JSON.parse(row.input) as Json,
    fingerprint: row.fingerprint,
    status: row.status,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    ...(row.result !== null && { result: JSON.parse(row.result) as Json }),
    ...(row.paused !== null && { paused: JSON.parse(row.paused) as NonNullable<RunRecord['paused']> }),
    ...(row.wake_at !== null && { wakeAt: row.wake_at }),
    ...(row.cancel !== null && { cancel: row.cancel }),
    ...(row.holder !== null && { holder: row.holder }),
    ...(row.lineage !== null && (JSON.parse(row.lineage) as Pick<RunRecord, 'parent' | 'forkedFrom'>)),
    questions: (statements.questions.all(row.id) as { name: string; ordinal: number; question: string | null; schema: string | null }[]).map(({ name, ordinal, question, schema }) =>
      ({ name, ordinal, ...(question !== null && { question: JSON.parse(question) as Json }), ...(schema !== null && { schema: JSON.parse(schema) as Json }) })),
  });
  /** Undefined when it is stored. */
  const store = ({ run, token, entry, text }: Pending): Error | undefined => {
    if (Number(statements.appendHeld.run(run, entry.seq, text, entry.at, token).changes) === 1) return undefined;
    return statements.held.get(run, token) === undefined ? leaseLost(run) : outOfOrder(entry, statements.lastOf.get(run)!['seq'] as number);
  };
  const flush = (): void => {
    const batch = queue.splice(0);
    // Closing has stored it already.
    if (batch.length === 0) return;
    let answers: readonly (Error | undefined)[];
    try {
      answers = batch.length === 1 ? [store(batch[0]!)] : transaction(() => batch.map(store));
    } catch (error) {
      const failed = asStoreError(error, file);
      answers = batch.map(() => failed);
    }
    for (const [index, pending] of batch.entries()) {
      const error = answers[index];
      if (error) pending.reject(error);
      else pending.resolve();
    }
  };

  return {
    statements,
    transaction,
    toRecord,
    recordOf(run) {
      const row = statements.get.get(run) as unknown as RunRow | undefined;
      if (!row) throw unknownRun(run);
      return toRecord(row);
    },
    entriesOf: (run, after) => (statements.entries.all(run, after) as { body: string }[]).map(({ body }) => JSON.parse(body) as JournalEntry),
    append: (run, token, entry) => new Promise((resolve, reject) => {
      // Appends of several runs are worth waiting a turn for: one commit takes them all. A run on its own only waits for it.
      if (queue.push({ run, token, entry, text: entryText(entry), resolve, reject }) === 1) (run === lastRun ? process.nextTick : setImmediate)(flush);
      lastRun = run;
    }),
    backup,
    close() {
      if (queue.length > 0) flush();
      connection.close();
    },
  };
}

export function asStoreError(error: unknown, file: string): Error {
  if (error instanceof WorkflowError) return error;
  const { message, errstr } = error as { message?: string; errstr?: string };
  return new WorkflowError('FW_STORE_FAILED', { message: `The store ${file} cannot be used: ${errstr ?? message ?? String(error)}.`, cause: error });
}
