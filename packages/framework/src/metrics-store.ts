import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { FrameworkError } from './framework-error.ts';
import type { RunMetrics } from './stats.ts';

/** What is kept of past runs, in one file of the home that several processes use at once. */
export interface MetricsStore {
  /** Notes a run; one that is noted again is noted once, as it was last. */
  note(metrics: RunMetrics): void;
  /** Reads what is known of a workspace and notes a run that follows from it, with no other process in between. */
  begin<Begun extends RunMetrics>(workspace: string, begin: (past: readonly RunMetrics[]) => Begun): Begun;
  /** All, oldest first. */
  read(): readonly RunMetrics[];
}

/** Of each workspace, and of all: the oldest go first. */
const mostOfWorkspace = 1_000;
const mostOfAll = 10_000;
/** What a decision looks back on. */
export const lookedBack = 500;

/** SQLITE_CORRUPT and SQLITE_NOTADB. */
const damaged: ReadonlySet<number> = new Set([11, 26]);

const schema = `
CREATE TABLE IF NOT EXISTS runs (run TEXT PRIMARY KEY, workspace TEXT NOT NULL, at INTEGER NOT NULL, content TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS runs_of_workspace ON runs (workspace, at);`;

/** Opens the file for each call: there are two in the life of a run. A damaged one is `FW_METRICS_BROKEN`. */
export function createMetricsStore(home: string): MetricsStore {
  const file = path.join(home, 'metrics.sqlite');

  function using<Value>(work: (database: DatabaseSync) => Value): Value {
    mkdirSync(home, { recursive: true, mode: 0o700 });
    const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
    const database = new DatabaseSync(file, { timeout: 10_000 });
    try {
      database.exec(`PRAGMA synchronous = NORMAL; ${schema}`);
      return work(database);
    } catch (error) {
      if (!damaged.has(Number((error as { readonly errcode?: unknown }).errcode))) throw error;
      throw new FrameworkError('FW_METRICS_BROKEN', { message: `${file} is damaged: ${(error as Error).message}. Remove it; the runs themselves are not in it, only what their sums are made of.`, cause: error });
    } finally {
      database.close();
    }
  }

  function transact<Value>(work: (database: DatabaseSync) => Value): Value {
    return using((database) => {
      database.exec('BEGIN IMMEDIATE');
      try {
        const value = work(database);
        database.exec('COMMIT');
        return value;
      } catch (error) {
        database.exec('ROLLBACK');
        throw error;
      }
    });
  }

  return {
    note: (metrics) => { transact((database) => { write(database, metrics); }); },
    begin: (workspace, begin) => transact((database) => {
      const rows = database.prepare('SELECT content FROM runs WHERE workspace = ? ORDER BY at DESC, run DESC LIMIT ?').all(workspace, lookedBack);
      const begun = begin(rows.map(readRow).reverse());
      write(database, begun);
      return begun;
    }),
    read: () => using((database) => database.prepare('SELECT content FROM runs ORDER BY at, run').all().map(readRow)),
  };
}

function write(database: DatabaseSync, metrics: RunMetrics): void {
  database.prepare('INSERT INTO runs (run, workspace, at, content) VALUES (?, ?, ?, ?) ON CONFLICT (run) DO UPDATE SET workspace = excluded.workspace, content = excluded.content')
    .run(metrics.run, metrics.workspace, metrics.at, JSON.stringify(metrics));
  database.prepare('DELETE FROM runs WHERE workspace = ? AND run NOT IN (SELECT run FROM runs WHERE workspace = ? ORDER BY at DESC, run DESC LIMIT ?)').run(metrics.workspace, metrics.workspace, mostOfWorkspace);
  database.prepare('DELETE FROM runs WHERE run NOT IN (SELECT run FROM runs ORDER BY at DESC, run DESC LIMIT ?)').run(mostOfAll);
}

const readRow = (row: { readonly [column: string]: unknown }): RunMetrics => JSON.parse(String(row['content'])) as RunMetrics;
