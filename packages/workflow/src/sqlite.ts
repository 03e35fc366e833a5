import type { Json } from '@fw/agents-core';
import type { BlobStore } from './blob-store.ts';
import { entryText } from './journal-chain.ts';
import type { Beginning, JournalStore, Question, RunHead } from './journal-store.ts';
import { leaseLost } from './memory-store.ts';
import { sqliteBlobs } from './sqlite-blobs.ts';
import { asStoreError, openDatabase } from './sqlite-database.ts';
import type { Database, RunRow, UseDatabase } from './sqlite-database.ts';
import { WorkflowError } from './workflow-error.ts';

export type { BlobStore } from './blob-store.ts';
export type { Beginning, Claim, ClaimOptions, ForkOrigin, JournalStore, NewRun, Question, ReleaseOptions, RunHead, RunRecord, RunStatus } from './journal-store.ts';

export interface SqliteStoreOptions {
  /** `full` (default): what was acknowledged survives a loss of power. `normal`: it survives a crash of the process, the last commits may be lost with the power. */
  readonly synchronous?: 'full' | 'normal';
  /** Where large outputs go; default the same file. */
  readonly blobs?: BlobStore;
}

export interface SqliteStore extends JournalStore {
  /** Copies everything to another file while runs go on. The copy is one moment's state. @throws WorkflowError `FW_STORE_FAILED`. */
  backup(file: string): Promise<void>;
}

/**
 * A store in one SQLite file (WAL, `synchronous=FULL`), shared safely by processes on one machine. Appends of one turn
 * of the event loop are committed together.
 * @throws WorkflowError `FW_STORE_SCHEMA` for a file of a newer version, `FW_STORE_FAILED` for one that cannot be used.
 */
export function sqliteStore(file: string, options: SqliteStoreOptions = {}): SqliteStore {
  let opened: Promise<Database> | undefined;
  const database = (): Promise<Database> => (opened ??= openDatabase(file, options.synchronous ?? 'full'));
  const use: UseDatabase = async (work) => {
    const open = await database();
    try {
      return work(open);
    } catch (error) {
      throw asStoreError(error, file);
    }
  };

  const get: SqliteStore['get'] = (run) => use(({ statements, toRecord }) => {
    const row = statements.get.get(run) as unknown as RunRow | undefined;
    return row && toRecord(row);
  });
  const heads: SqliteStore['heads'] = ({ status } = {}) => use(({ statements }) => (
    (statements.heads.all(status ?? null) as unknown as readonly Pick<RunRow, 'id' | 'status' | 'created_at' | 'updated_at'>[])
      .map((row): RunHead => ({ id: row.id, status: row.status, createdAt: row.created_at, updatedAt: row.updated_at }))
  ));

  return {
    specVersion: 1,
    blobs: options.blobs ?? sqliteBlobs(use),
    create: ({ id, definition, input, fingerprint, parent, forkedFrom }, now, { entries, answers, as }: Beginning = { entries: [], answers: [] }) => use(({ statements, transaction }) => transaction(() => {
      const lineage = parent === undefined && !forkedFrom ? null : JSON.stringify({ parent, forkedFrom });
      if (Number(statements.create.run(id, JSON.stringify(definition), JSON.stringify(input), fingerprint, now, now, lineage).changes) !== 1) return false;
      for (const entry of entries) statements.append.run(id, entry.seq, entryText(entry), entry.at, entry.seq, id);
      for (const { name, ordinal, value } of answers) statements.answer.run(id, name, ordinal, JSON.stringify(value));
      if (as) statements.begin.run(as.status, textOf(as.result), textOf(as.paused), id);
      return true;
    })),
    claim: (run, { holder, now, ttlMs, gone }) => use((open) => open.transaction(() => {
      const claimed = open.statements.claim.get(now + ttlMs, holder, now, run, now, gone ?? null) as { token: number } | undefined;
      if (!claimed) {
        open.recordOf(run);
        return undefined;
      }
      return { token: claimed.token, record: open.recordOf(run), entries: open.entriesOf(run, 0) };
    })),
    renew: (run, token, { now, ttlMs }) => use(({ statements }) => {
      const row = statements.renew.get(now + ttlMs, run, token) as { cancel: string | null } | undefined;
      return row ? { held: true, ...(row.cancel !== null && { cancel: row.cancel }) } : { held: false };
    }),
    append: async (run, token, entry) => (await database()).append(run, token, entry),
    release: (run, token, { now, status, paused, wakeAt, waits = [] }) => use((open) => open.transaction(() => {
      const { statements } = open;
      const row = statements.held.get(run, token) as { cancel: string | null } | undefined;
      if (!row) throw leaseLost(run);
      const answered = waits.some(({ name, ordinal }) => statements.answerOf.get(run, name, ordinal) !== undefined);
      const wake = answered || (status === 'waiting' && row.cancel !== null) ? now : (wakeAt ?? null);
      statements.release.run(status, paused ? JSON.stringify(paused) : null, wake, JSON.stringify(waits), now, run, token);
    })),
    finish: (run, token, { now, status, result }) => use(({ statements }) => {
      if (Number(statements.finish.run(status, JSON.stringify(result), now, run, token).changes) !== 1) throw leaseLost(run);
    }),
    ask: (run, token, { name, ordinal, question, schema }) => use((open) => open.transaction(() => {
      if (!open.statements.held.get(run, token)) throw leaseLost(run);
      open.statements.ask.run(run, name, ordinal, textOf(question), textOf(schema));
    })),
    withdraw: (run, token, { name, ordinal }) => use((open) => open.transaction(() => {
      if (!open.statements.held.get(run, token)) throw leaseLost(run);
      if (open.statements.answerOf.get(run, name, ordinal)) return false;
      open.statements.withdraw.run(run, name, ordinal);
      return true;
    })),
    answer: (run, name, value, now) => use((open) => open.transaction(() => {
      const { statements } = open;
      open.recordOf(run);
      const found = statements.openQuestion.get(run, name) as { ordinal: number } | undefined;
      if (!found && statements.anyQuestion.get(run, name)) return false;
      const ordinal = found?.ordinal ?? 1;
      statements.answer.run(run, name, ordinal, JSON.stringify(value));
      const { waits } = statements.waits.get(run) as { waits: string | null };
      const waiting = JSON.parse(waits ?? '[]') as readonly Pick<Question, 'name' | 'ordinal'>[];
      if (waiting.some((wait) => wait.name === name && wait.ordinal === ordinal)) statements.wake.run(now, run);
      return true;
    })),
    answerOf: (run, name, ordinal) => use(({ statements }) => {
      const row = statements.answerOf.get(run, name, ordinal) as { value: string } | undefined;
      return row && { value: JSON.parse(row.value) as Json };
    }),
    cancel: (run, reason, now) => use((open) => open.transaction(() => {
      open.recordOf(run);
      open.statements.cancel.run(reason, run);
      open.statements.wake.run(now, run);
    })),
    get,
    read: (run, after = 0) => use((open) => {
      const entries = open.entriesOf(run, after);
      if (entries.length === 0) open.recordOf(run);
      return entries;
    }),
    async *list(filter) {
      for (const { id } of await heads(filter)) {
        const record = await get(id);
        // It may have been removed, or have moved on, since.
        if (record !== undefined && (filter?.status === undefined || record.status === filter.status)) yield record;
      }
    },
    heads,
    due: (now) => use(({ statements }) => (statements.due.all(now, now) as { id: string }[]).map(({ id }) => id)),
    remove: (runs) => use((open) => open.transaction(() => {
      for (const run of runs) {
        const removed = Number(open.statements.remove.run(run).changes) === 1;
        if (!removed) continue;
        open.statements.removeEntries.run(run);
        open.statements.removeQuestions.run(run);
      }
    })),
    async backup(to) {
      const open = await database();
      try {
        await open.backup(to);
      } catch (error) {
        throw asStoreError(error, to);
      }
    },
    async close() {
      const open = opened;
      opened = Promise.reject(new WorkflowError('FW_STORE_FAILED', { message: `The store ${file} was closed.` }));
      opened.catch(() => {});
      // One that could not be opened, or is closed already, has nothing to close.
      (await open?.catch(() => undefined))?.close();
    },
  };
}

const textOf = (value: Json | undefined): string | null => (value === undefined ? null : JSON.stringify(value));
