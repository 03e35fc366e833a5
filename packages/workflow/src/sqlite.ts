import { hash } from 'node:crypto';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Json } from '@fw/agents-core';
import { missingBlob } from './blob-store.ts';
import type { WorkflowDefinition } from './definition.ts';
import type { JournalEntry } from './journal-entry.ts';
import type { JournalStore, Question, RunRecord, RunStatus } from './journal-store.ts';
import { leaseLost, unknownRun } from './memory-store.ts';
import { WorkflowError } from './workflow-error.ts';

export type { BlobStore } from './blob-store.ts';
export type { Claim, ClaimOptions, JournalStore, Question, ReleaseOptions, RunRecord, RunStatus } from './journal-store.ts';

const SCHEMA_VERSION = 1;
const BUSY_TIMEOUT_MS = 10_000;

/**
 * A store in one SQLite file (WAL, `synchronous=FULL`), shared safely by processes on one machine. Appends of one turn
 * of the event loop are committed together.
 * @throws WorkflowError `FW_STORE_SCHEMA` for a file of a newer version, `FW_STORE_FAILED` for one that cannot be used.
 */
export function sqliteStore(file: string): JournalStore {
  let opened: Promise<Database> | undefined;
  const database = (): Promise<Database> => (opened ??= openDatabase(file));
  const use = async <T>(work: (database: Database) => T): Promise<T> => {
    const open = await database();
    try {
      return work(open);
    } catch (error) {
      throw asStoreError(error, file);
    }
  };

  return {
    specVersion: 1,
    blobs: {
      put: (bytes) => use(({ statements }) => {
        const key = hash('sha256', bytes);
        statements.putBlob.run(key, bytes);
        return key;
      }),
      get: (blob) => use(({ statements }) => {
        const row = statements.getBlob.get(blob) as { bytes: Uint8Array } | undefined;
        if (!row) throw missingBlob(blob);
        return row.bytes;
      }),
    },
    create: (run, now) => use(({ statements }) =>
      Number(statements.create.run(run.id, JSON.stringify(run.definition), JSON.stringify(run.input), run.fingerprint, now, now).changes) === 1),
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
    ask: (run, token, { name, ordinal, question }) => use((open) => open.transaction(() => {
      if (!open.statements.held.get(run, token)) throw leaseLost(run);
      open.statements.ask.run(run, name, ordinal, question === undefined ? null : JSON.stringify(question));
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
    get: (run) => use(({ statements, toRecord }) => {
      const row = statements.get.get(run) as unknown as RunRow | undefined;
      return row && toRecord(row);
    }),
    read: (run, after = 0) => use((open) => {
      const entries = open.entriesOf(run, after);
      if (entries.length === 0) open.recordOf(run);
      return entries;
    }),
    async *list(filter = {}) {
      const records = await use(({ statements, toRecord }) => (statements.list.all() as unknown as RunRow[]).filter((row) => filter.status === undefined || row.status === filter.status).map(toRecord));
      yield* records;
    },
    due: (now) => use(({ statements }) => (statements.due.all(now, now) as { id: string }[]).map(({ id }) => id)),
    remove: (runs) => use((open) => open.transaction(() => {
      for (const run of runs) {
        const removed = Number(open.statements.remove.run(run).changes) === 1;
        if (!removed) continue;
        open.statements.removeEntries.run(run);
        open.statements.removeQuestions.run(run);
      }
    })),
    async close() {
      if (!opened) return;
      (await opened).close();
      opened = Promise.reject(new WorkflowError('FW_STORE_FAILED', { message: `The store ${file} was closed.` }));
      opened.catch(() => {});
    },
  };
}

interface RunRow {
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
}

interface Pending {
  readonly run: string;
  readonly token: number;
  readonly entry: JournalEntry;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

interface Database {
  readonly statements: Statements;
  transaction<T>(work: () => T): T;
  recordOf(run: string): RunRecord;
  toRecord(row: RunRow): RunRecord;
  entriesOf(run: string, after: number): JournalEntry[];
  append(run: string, token: number, entry: JournalEntry): Promise<void>;
  close(): void;
}

async function openDatabase(file: string): Promise<Database> {
  const { DatabaseSync } = await import('node:sqlite');
  let connection: DatabaseSync;
  try {
    connection = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS });
    prepareSchema(connection, file);
  } catch (error) {
    throw asStoreError(error, file);
  }
  const statements = prepareStatements(connection);
  const queue: Pending[] = [];

  const transaction = <T>(work: () => T): T => {
    connection.exec('begin immediate');
    try {
      const value = work();
      connection.exec('commit');
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
    questions: (statements.questions.all(row.id) as { name: string; ordinal: number; question: string | null }[])
      .map(({ name, ordinal, question }) => ({ name, ordinal, ...(question !== null && { question: JSON.parse(question) as Json }) })),
  });
  const flush = (): void => {
    const batch = queue.splice(0);
    const refused = new Set<Pending>();
    try {
      transaction(() => {
        const held = new Map<string, boolean>();
        for (const pending of batch) {
          const claim = `${pending.token} ${pending.run}`;
          if (!held.has(claim)) held.set(claim, statements.held.get(pending.run, pending.token) !== undefined);
          if (held.get(claim)) statements.append.run(pending.run, pending.entry.seq, JSON.stringify(pending.entry), pending.entry.at);
          else refused.add(pending);
        }
      });
    } catch (error) {
      for (const pending of batch) pending.reject(asStoreError(error, file));
      return;
    }
    for (const pending of batch) {
      if (refused.has(pending)) pending.reject(leaseLost(pending.run));
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
      if (queue.push({ run, token, entry, resolve, reject }) === 1) setImmediate(flush);
    }),
    close() {
      if (queue.length > 0) flush();
      connection.close();
    },
  };
}

function prepareSchema(connection: DatabaseSync, file: string): void {
  connection.exec('pragma journal_mode=wal; pragma synchronous=full');
  const { user_version: version } = connection.prepare('pragma user_version').get() as { user_version: number };
  if (version > SCHEMA_VERSION) {
    throw new WorkflowError('FW_STORE_SCHEMA', { message: `${file} was written by a newer version (schema ${version}; this one knows ${SCHEMA_VERSION}). Update, or use another file.` });
  }
  if (version === SCHEMA_VERSION) return;
  connection.exec(`
    begin immediate;
    create table if not exists runs(
      id text primary key, definition text not null, input text not null, fingerprint text not null, status text not null default 'running',
      token integer not null default 0, until integer not null default 0, holder text, result text, paused text, wake_at integer, waits text, cancel text,
      created_at integer not null, updated_at integer not null) without rowid;
    create index if not exists runs_due on runs(status, until, wake_at);
    create table if not exists entries(run text not null, seq integer not null, body text not null, at integer not null, primary key(run, seq)) without rowid;
    create table if not exists questions(run text not null, name text not null, ordinal integer not null, question text, asked integer not null default 0, value text, primary key(run, name, ordinal)) without rowid;
    create table if not exists blobs(hash text primary key, bytes blob not null) without rowid;
    pragma user_version=${SCHEMA_VERSION};
    commit`);
}

type Statements = ReturnType<typeof prepareStatements>;

function prepareStatements(connection: DatabaseSync): Record<
  'create' | 'claim' | 'renew' | 'held' | 'append' | 'release' | 'finish' | 'ask' | 'openQuestion' | 'anyQuestion' | 'answer' | 'answerOf' | 'waits' | 'wake' | 'cancel'
  | 'get' | 'entries' | 'questions' | 'list' | 'due' | 'remove' | 'removeEntries' | 'removeQuestions' | 'putBlob' | 'getBlob', StatementSync> {
  const ended = "status in ('success', 'failed', 'cancelled')";
  const prepare = (sql: string): StatementSync => connection.prepare(sql);
  return {
    create: prepare('insert or ignore into runs(id, definition, input, fingerprint, created_at, updated_at) values(?, ?, ?, ?, ?, ?)'),
    claim: prepare(`update runs set token = token + 1, until = ?, holder = ?, status = 'running', paused = null, wake_at = null, waits = null, updated_at = ? where id = ? and (until <= ? or holder = ?) and not ${ended} returning token`),
    renew: prepare(`update runs set until = ? where id = ? and token = ? and not ${ended} returning cancel`),
    held: prepare(`select cancel from runs where id = ? and token = ? and not ${ended}`),
    append: prepare('insert into entries(run, seq, body, at) values(?, ?, ?, ?)'),
    release: prepare('update runs set token = token + 1, until = 0, holder = null, status = ?, paused = ?, wake_at = ?, waits = ?, updated_at = ? where id = ? and token = ?'),
    finish: prepare(`update runs set until = 0, holder = null, status = ?, result = ?, updated_at = ? where id = ? and token = ? and not ${ended}`),
    ask: prepare('insert into questions(run, name, ordinal, question, asked) values(?, ?, ?, ?, 1) on conflict do update set asked = 1, question = excluded.question'),
    openQuestion: prepare('select ordinal from questions where run = ? and name = ? and value is null order by ordinal limit 1'),
    anyQuestion: prepare('select 1 from questions where run = ? and name = ? limit 1'),
    answer: prepare('insert into questions(run, name, ordinal, value) values(?, ?, ?, ?) on conflict do update set value = excluded.value'),
    answerOf: prepare('select value from questions where run = ? and name = ? and ordinal = ? and value is not null'),
    waits: prepare('select waits from runs where id = ?'),
    wake: prepare("update runs set wake_at = ? where id = ? and status = 'waiting'"),
    cancel: prepare(`update runs set cancel = coalesce(cancel, ?) where id = ? and not ${ended}`),
    get: prepare('select * from runs where id = ?'),
    entries: prepare('select body from entries where run = ? and seq > ? order by seq'),
    questions: prepare('select name, ordinal, question from questions where run = ? and asked = 1 and value is null order by name, ordinal'),
    list: prepare('select * from runs order by created_at desc, id'),
    due: prepare("select id from runs where (status = 'running' and until <= ?) or (status = 'waiting' and wake_at <= ?) order by updated_at"),
    remove: prepare(`delete from runs where id = ? and ${ended}`),
    removeEntries: prepare('delete from entries where run = ?'),
    removeQuestions: prepare('delete from questions where run = ?'),
    putBlob: prepare('insert or ignore into blobs(hash, bytes) values(?, ?)'),
    getBlob: prepare('select bytes from blobs where hash = ?'),
  };
}

function asStoreError(error: unknown, file: string): Error {
  if (error instanceof WorkflowError) return error;
  const { message, errstr } = error as { message?: string; errstr?: string };
  return new WorkflowError('FW_STORE_FAILED', { message: `The store ${file} cannot be used: ${errstr ?? message ?? String(error)}.`, cause: error });
}
