import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { WorkflowError } from './workflow-error.ts';

/** Each brings a file from the version of its place to the next one. */
const MIGRATIONS = [
  `create table runs(
      id text primary key, definition text not null, input text not null, fingerprint text not null, status text not null default 'running',
      token integer not null default 0, until integer not null default 0, holder text, result text, paused text, wake_at integer, waits text, cancel text,
      created_at integer not null, updated_at integer not null) without rowid;
    create index runs_due on runs(status, until, wake_at);
    create table entries(run text not null, seq integer not null, body text not null, at integer not null, primary key(run, seq)) without rowid;
    create table questions(run text not null, name text not null, ordinal integer not null, question text, schema text, asked integer not null default 0, value text, primary key(run, name, ordinal)) without rowid;
    create table blobs(hash text primary key, bytes blob not null) without rowid`,
  `alter table runs add column lineage text;
    alter table blobs add column put_at integer not null default 0`,
  // Holds all that a list shows: the rows themselves hold whole results.
  `create index runs_listed on runs(created_at desc, id, status, updated_at)`,
] as const;
const SCHEMA_VERSION = MIGRATIONS.length;
/** By the version that brought them. */
const COLUMNS: readonly { readonly [table: string]: string }[] = [
  {
    runs: 'id definition input fingerprint status token until holder result paused wake_at waits cancel created_at updated_at',
    entries: 'run seq body at',
    questions: 'run name ordinal question schema asked value',
    blobs: 'hash bytes',
  },
  { runs: 'lineage', blobs: 'put_at' },
  {},
];

/**
 * Creates what is missing and brings a file of an older version up to this one.
 * @throws WorkflowError `FW_STORE_SCHEMA` for a file of a newer version or of another program; it is not changed then.
 */
export function prepareSchema(connection: DatabaseSync, file: string): void {
  if (versionOf(connection, file) < SCHEMA_VERSION) {
    connection.exec('begin immediate');
    try {
      // Another process may have done it meanwhile.
      const version = versionOf(connection, file);
      if (version === 0) assertEmpty(connection, file);
      assertColumns(connection, file, version);
      for (const migration of MIGRATIONS.slice(version)) connection.exec(migration);
      connection.exec(`pragma user_version=${SCHEMA_VERSION}; commit`);
    } catch (error) {
      if (connection.isTransaction) connection.exec('rollback');
      throw error;
    }
  }
  assertColumns(connection, file, SCHEMA_VERSION);
}

function versionOf(connection: DatabaseSync, file: string): number {
  const { user_version: version } = connection.prepare('pragma user_version').get() as { user_version: number };
  if (version > SCHEMA_VERSION) {
    throw new WorkflowError('FW_STORE_SCHEMA', { message: `${file} was written by a newer version (schema ${version}; this one knows ${SCHEMA_VERSION}). Update, or use another file.` });
  }
  return version;
}

function assertEmpty(connection: DatabaseSync, file: string): void {
  const table = connection.prepare("select name from sqlite_master where type = 'table' limit 1").get() as { name: string } | undefined;
  assertOurs(file, table === undefined, `it has a table "${table?.name}" and no schema of ours`);
}

function assertColumns(connection: DatabaseSync, file: string, version: number): void {
  for (const [table, columns] of COLUMNS.slice(0, version).flatMap((tables) => Object.entries(tables))) {
    const there = (connection.prepare('select name from pragma_table_info(?)').all(table) as { name: string }[]).map(({ name }) => name);
    const missing = columns.split(' ').filter((column) => !there.includes(column));
    if (there.length === 0) assertOurs(file, false, `it has no table "${table}"`);
    assertOurs(file, missing.length === 0, `its table "${table}" has no ${missing.map((column) => `"${column}"`).join(', ')}`);
  }
}

function assertOurs(file: string, holds: boolean, why: string): void {
  if (!holds) throw new WorkflowError('FW_STORE_SCHEMA', { message: `${file} is not a journal of this program: ${why}. It belongs to another program or was changed; use another file.` });
}

export type Statements = Readonly<Record<
  'create' | 'begin' | 'claim' | 'renew' | 'held' | 'append' | 'appendHeld' | 'beginWrite' | 'commit' | 'lastOf' | 'release' | 'finish' | 'ask' | 'withdraw' | 'openQuestion' | 'anyQuestion' | 'answer' | 'answerOf' | 'waits' | 'wake' | 'cancel'
  | 'get' | 'entries' | 'questions' | 'heads' | 'due' | 'remove' | 'removeEntries' | 'removeQuestions' | 'putBlob' | 'getBlob' | 'oldBlobs' | 'removeBlob', StatementSync>>;

export function prepareStatements(connection: DatabaseSync): Statements {
  const ended = "status in ('success', 'failed', 'cancelled')";
  const prepare = (sql: string): StatementSync => connection.prepare(sql);
  return {
    create: prepare('insert or ignore into runs(id, definition, input, fingerprint, created_at, updated_at, lineage) values(?, ?, ?, ?, ?, ?, ?)'),
    begin: prepare('update runs set status = ?, result = ?, paused = ? where id = ?'),
    claim: prepare(`update runs set token = token + 1, until = ?, holder = ?, status = 'running', paused = null, wake_at = null, waits = null, updated_at = ? where id = ? and (until <= ? or holder = ?) and not ${ended} returning token`),
    renew: prepare(`update runs set until = ? where id = ? and token = ? and not ${ended} returning cancel`),
    held: prepare(`select cancel from runs where id = ? and token = ? and not ${ended}`),
    append: prepare('insert into entries(run, seq, body, at) select ?, ?, ?, ? where ? = 1 + coalesce((select max(seq) from entries where run = ?), 0)'),
    // The lease, the gap and the entry in one statement: alone it is its own transaction.
    appendHeld: prepare(`insert into entries(run, seq, body, at) select ?1, ?2, ?3, ?4 from runs where id = ?1 and token = ?5 and not ${ended}
      and ?2 = 1 + coalesce((select max(seq) from entries where run = ?1), 0)`),
    beginWrite: prepare('begin immediate'),
    commit: prepare('commit'),
    lastOf: prepare('select coalesce(max(seq), 0) as seq from entries where run = ?'),
    release: prepare('update runs set token = token + 1, until = 0, status = ?, paused = ?, wake_at = ?, waits = ?, updated_at = ? where id = ? and token = ?'),
    finish: prepare(`update runs set until = 0, status = ?, result = ?, updated_at = ? where id = ? and token = ? and not ${ended}`),
    ask: prepare('insert into questions(run, name, ordinal, question, schema, asked) values(?, ?, ?, ?, ?, 1) on conflict do update set asked = 1, question = excluded.question, schema = excluded.schema'),
    withdraw: prepare('update questions set asked = 0 where run = ? and name = ? and ordinal = ?'),
    openQuestion: prepare('select ordinal from questions where run = ? and name = ? and asked = 1 and value is null order by ordinal limit 1'),
    anyQuestion: prepare('select 1 from questions where run = ? and name = ? limit 1'),
    answer: prepare('insert into questions(run, name, ordinal, value) values(?, ?, ?, ?) on conflict do update set value = excluded.value'),
    answerOf: prepare('select value from questions where run = ? and name = ? and ordinal = ? and value is not null'),
    waits: prepare('select waits from runs where id = ?'),
    wake: prepare("update runs set wake_at = ? where id = ? and status = 'waiting'"),
    cancel: prepare(`update runs set cancel = coalesce(cancel, ?) where id = ? and not ${ended}`),
    get: prepare('select * from runs where id = ?'),
    entries: prepare('select body from entries where run = ? and seq > ? order by seq'),
    questions: prepare('select name, ordinal, question, schema from questions where run = ? and asked = 1 and value is null and name not like \'!%\' order by name, ordinal'),
    heads: prepare('select id, status, created_at, updated_at from runs where ?1 is null or status = ?1 order by created_at desc, id'),
    due: prepare("select id from runs where (status = 'running' and until <= ?) or (status = 'waiting' and wake_at <= ?) order by updated_at"),
    remove: prepare(`delete from runs where id = ? and ${ended}`),
    removeEntries: prepare('delete from entries where run = ?'),
    removeQuestions: prepare('delete from questions where run = ?'),
    putBlob: prepare('insert into blobs(hash, bytes, put_at) values(?, ?, ?) on conflict do update set put_at = excluded.put_at'),
    oldBlobs: prepare('select hash, length(bytes) as bytes from blobs where put_at < ?'),
    removeBlob: prepare('delete from blobs where hash = ? and put_at < ?'),
    getBlob: prepare('select bytes from blobs where hash = ?'),
  };
}
