import { statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { ModelError } from '../model-error.ts';

const busyTimeoutMs = 10_000;
const lookAgainMs = 5;
/** SQLITE_BUSY. */
const busy = 5;

/** Opens or makes a database that several processes of one machine write to. */
export function openDatabase(file: string, options: { readonly durable: boolean; readonly schema: string }): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    const sqlite = process.getBuiltinModule('node:sqlite');
    database = new sqlite.DatabaseSync(file, { timeout: busyTimeoutMs });
    useWriteAheadLog(database);
    // NORMAL survives a killed process, FULL a power cut as well.
    database.exec(`PRAGMA synchronous = ${options.durable ? 'FULL' : 'NORMAL'}`);
    database.exec(options.schema);
    if (file !== ':memory:') files.set(database, { file, inode: inodeOf(file) });
    return database;
  } catch (error) {
    database?.close();
    const message = `The database ${file} cannot be used: ${error instanceof Error ? error.message : String(error)}`;
    throw new ModelError('FW_MODEL_CONFIG', { message, cause: error });
  }
}

/** SQLite does not wait for those who read a file that has no such log yet, whatever its time limit: several may just be opening a new one. */
function useWriteAheadLog(database: DatabaseSync): void {
  for (const since = performance.now(); ;) {
    try {
      database.exec('PRAGMA journal_mode = WAL');
      return;
    } catch (error) {
      const isBusy = (Number((error as { readonly errcode?: unknown }).errcode) & 0xff) === busy;
      if (!isBusy || performance.now() - since > busyTimeoutMs) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, lookAgainMs);
    }
  }
}

/** Where a database was opened, and which file that was. */
const files = new WeakMap<DatabaseSync, { readonly file: string; readonly inode: number | undefined }>();

/** Somebody who removes the file gives each process books of its own, which nobody would notice. */
function requireSameFile(database: DatabaseSync): void {
  const opened = files.get(database);
  if (opened !== undefined && inodeOf(opened.file) !== opened.inode) throw new Error(`The database ${opened.file} was removed or replaced while it was in use.`);
}

function inodeOf(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.ino;
}

/** All of it or nothing, with nobody else writing meanwhile. */
export function transact<Value>(database: DatabaseSync, work: () => Value): Value {
  requireSameFile(database);
  database.exec('BEGIN IMMEDIATE');
  try {
    const value = work();
    database.exec('COMMIT');
    return value;
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
}

/** Milliseconds by a clock that all processes of this machine share and that nobody sets. It starts anew with the machine. */
export function machineTime(): number {
  return Number(process.hrtime.bigint() / 1_000_000n);
}
