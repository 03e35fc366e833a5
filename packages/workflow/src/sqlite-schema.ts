import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { WorkflowError } from './workflow-error.ts';

const SCHEMA_VERSION = 1;

/** Creates what is missing. @throws WorkflowError `FW_STORE_SCHEMA`. */
export function prepareSchema(connection: DatabaseSync, file: string): void {
  const { user_version: version } = connection.prepare('pragma user_version').get() as { user_version: number };
  if (version > SCHEMA_VERSION) {
    throw new WorkflowError('FW_STORE_SCHEMA', { message: `${file} was written by a newer version (schema ${version}; this one knows ${SCHEMA_VERSION}). Update, or use another file.` });
  }
  connection.exec('pragma journal_mode=wal; pragma synchronous=full');
  if (version === SCHEMA_VERSION) return;
  connection.exec(`
    begin immediate;
    create table if not exists runs(
      id text primary key, definition text not null, input text not null, fingerprint text not null, status text not null default 'running',
      token integer not null default 0, until integer not null default 0, holder text, result text, paused text, wake_at integer, waits text, cancel text,
      created_at integer not null, updated_at integer not null) without rowid;
    create index if not exists runs_due on runs(status, until, wake_at);
    create table if not exists entries(run text not null, seq integer not null, body text not null, at integer not null, primary key(run, seq)) without rowid;
    create table if not exists questions(run text not null, name text not null, ordinal integer not null, question text, schema text, asked integer not null default 0, value text, primary key(run, name, ordinal)) without rowid;
    create table if not exists blobs(hash text primary key, bytes blob not null) without rowid;
    pragma user_version=${SCHEMA_VERSION};
    commit`);
}

export type Statements = Readonly<Record<
  'create' | 'claim' | 'renew' | 'held' | 'append' | 'lastOf' | 'release' | 'finish' | 'ask' | 'withdraw' | 'openQuestion' | 'anyQuestion' | 'answer' | 'answerOf' | 'waits' | 'wake' | 'cancel'
  | 'get' | 'entries' | 'questions' | 'list' | 'due' | 'remove' | 'removeEntries' | 'removeQuestions' | 'putBlob' | 'getBlob', StatementSync>>;

export function prepareStatements(connection: DatabaseSync): Statements {
  const ended = "status in ('success', 'failed', 'cancelled')";
  const prepare = (sql: string): StatementSync => connection.prepare(sql);
  return {
    create: prepare('insert or ignore into runs(id, definition, input, fingerprint, created_at, updated_at) values(?, ?, ?, ?, ?, ?)'),
    claim: prepare(`update runs set token = token + 1, until = ?, holder = ?, status = 'running', paused = null, wake_at = null, waits = null, updated_at = ? where id = ? and (until <= ? or holder = ?) and not ${ended} returning token`),
    renew: prepare(`update runs set until = ? where id = ? and token = ? and not ${ended} returning cancel`),
    held: prepare(`select cancel from runs where id = ? and token = ? and not ${ended}`),
    append: prepare('insert into entries(run, seq, body, at) select ?, ?, ?, ? where ? = 1 + coalesce((select max(seq) from entries where run = ?), 0)'),
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
    questions: prepare('select name, ordinal, question, schema from questions where run = ? and asked = 1 and value is null order by name, ordinal'),
    list: prepare('select * from runs order by created_at desc, id'),
    due: prepare("select id from runs where (status = 'running' and until <= ?) or (status = 'waiting' and wake_at <= ?) order by updated_at"),
    remove: prepare(`delete from runs where id = ? and ${ended}`),
    removeEntries: prepare('delete from entries where run = ?'),
    removeQuestions: prepare('delete from questions where run = ?'),
    putBlob: prepare('insert or ignore into blobs(hash, bytes) values(?, ?)'),
    getBlob: prepare('select bytes from blobs where hash = ?'),
  };
}
