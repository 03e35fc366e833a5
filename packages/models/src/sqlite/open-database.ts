import { statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { ModelError } from '../model-error.ts';

/** Opens or makes a database that several processes of one machine write to. */
export function openDatabase(file: string, options: { readonly durable: boolean; readonly schema: string }): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    const sqlite = process.getBuiltinModule('node:sqlite');
    database = new sqlite.DatabaseSync(file, { timeout: 10_000 });
    database.exec('PRAGMA journal_mode = WAL');
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
