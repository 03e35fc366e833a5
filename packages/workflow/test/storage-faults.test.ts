import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { AgentContext } from '@fw/agents-core';
import { folderBlobs, verifyChain } from '@fw/workflow';
import type { JournalEntry, JournalStore, RunRecord } from '@fw/workflow';
import { sqliteStore } from '@fw/workflow/sqlite';
import { oneState, openEngine, temporaryFile, worker } from './programs.ts';

const run: Pick<RunRecord, 'id' | 'definition' | 'input' | 'fingerprint'> = { id: 'r', definition: oneState, input: 1, fingerprint: 'f' };
const work = (steps: number, bytes: number) => worker(async (context: AgentContext) => { for (let index = 0; index < steps; index++) await context.step('add', () => 'x'.repeat(bytes) + String(index)); });

/** Keeps what was acknowledged. */
function acknowledging(store: JournalStore): { readonly store: JournalStore; readonly acknowledged: JournalEntry[] } {
  const acknowledged: JournalEntry[] = [];
  return { acknowledged, store: { ...store, async append(id, token, entry) { await store.append(id, token, entry); acknowledged.push(entry); } } };
}

const canMount = process.platform === 'linux' && process.getuid?.() === 0 && (() => {
  const at = dirname(temporaryPath());
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', at], { stdio: 'ignore' });
    execFileSync('umount', [at]);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(at, { recursive: true, force: true });
  }
})();

function temporaryPath(): string {
  const at = join(process.env['TMPDIR'] ?? '/tmp', `fw-disk-${process.pid}-${Math.random().toString(36).slice(2)}`);
  mkdirSync(at);
  return join(at, 'journal.db');
}

describe(`a disk that is full${canMount ? '' : ' (skipped: a sized file system can be mounted by root on Linux only)'}`, { skip: !canMount }, () => {
  const mountSized = (megabytes: number): string => {
    const file = temporaryPath();
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'none', dirname(file)]);
    onTestFinished(() => {
      execFileSync('umount', ['-l', dirname(file)]);
      rmSync(dirname(file), { recursive: true });
    });
    return file;
  };

  test('stops a run with a coded error; what was acknowledged is there, and it goes on by itself when there is room', async () => {
    const file = mountSized(4);
    const open = sqliteStore(file);
    const { store, acknowledged } = acknowledging(open);
    const engine = openEngine({ store, agents: [work(120, 60_000)], leaseMs: 300 });
    const handle = await engine.start({ id: 'r', definition: oneState, input: 1 });
    await expect(handle.result()).rejects.toMatchObject({ code: 'FW_STORE_FAILED', message: expect.stringMatching(/full/) as string });
    const there = await open.read('r');
    verifyChain(there);
    expect(acknowledged.length).toBeGreaterThan(10);
    expect(there.slice(0, acknowledged.length)).toEqual(acknowledged);
    execFileSync('mount', ['-o', 'remount,size=64m', dirname(file)]);
    expect(await (await engine.attach('r')).result()).toMatchObject({ status: 'success' });
    verifyChain(await open.read('r'));
    await engine.close();
    await open.close();
  });

  test('makes blobs of a folder fail with a code, without half files, and a backup too', async () => {
    const file = mountSized(2);
    const blobs = folderBlobs(join(dirname(file), 'blobs'));
    const kept = await blobs.put(new Uint8Array(500_000).fill(1));
    await expect(blobs.put(new Uint8Array(5_000_000).fill(2))).rejects.toMatchObject({ code: 'FW_STORE_FAILED' });
    expect(await blobs.get(kept)).toHaveLength(500_000);
    expect(execFileSync('find', [dirname(file), '-type', 'f'], { encoding: 'utf8' }).trim().split('\n')).toHaveLength(1);
    const elsewhere = sqliteStore(temporaryFile());
    await elsewhere.blobs.put(new Uint8Array(4_000_000).fill(3));
    await expect(elsewhere.backup(join(dirname(file), 'copy.db'))).rejects.toMatchObject({ code: 'FW_STORE_FAILED' });
    await elsewhere.close();
  });
});

describe('a file that was damaged', () => {
  /** A file whose journal went through a checkpoint, and entries after it that only the log has. */
  const make = async (): Promise<{ readonly file: string; readonly entries: readonly JournalEntry[] }> => {
    const file = temporaryFile();
    const store = sqliteStore(file);
    const engine = openEngine({ store, agents: [work(60, 2_000)] });
    await (await engine.start({ id: 'r', definition: oneState, input: 1 })).result();
    const entries = await store.read('r');
    // As a process leaves it that was killed.
    const copy = `${file}.killed`;
    for (const end of ['', '-wal']) copyFileSync(`${file}${end}`, `${copy}${end}`);
    await engine.close();
    await store.close();
    return { file: copy, entries };
  };

  test('whose log has a torn tail loses no more than that tail, and the chain is whole', async () => {
    const { file, entries } = await make();
    const size = statSync(`${file}-wal`).size;
    for (const cut of [1, 100, 4_096, 30_000, size - 100]) {
      const torn = `${file}.${cut}`;
      for (const end of ['', '-wal']) copyFileSync(`${file}${end}`, `${torn}${end}`);
      truncateSync(`${torn}-wal`, size - cut);
      const store = sqliteStore(torn);
      // Where the first tables were in that tail as well, there is no run.
      const read = await store.read('r').catch((error: { code: string }) => { expect(error.code).toBe('FW_WORKFLOW_UNKNOWN_RUN'); return []; });
      verifyChain(read);
      expect(read).toEqual(entries.slice(0, read.length));
      if (cut === 1) expect(read.length).toBeGreaterThan(entries.length - 10);
      await store.close();
    }
  });

  test('with other bytes anywhere is told by a code, or reads as it was: never as something else', async () => {
    const { file, entries } = await make();
    const checkpointed = `${file}.whole`;
    for (const end of ['', '-wal']) copyFileSync(`${file}${end}`, `${checkpointed}${end}`);
    const settle = sqliteStore(checkpointed);
    await settle.read('r');
    await settle.close();
    const bytes = readFileSync(checkpointed);
    const outcomes = new Map<string, number>();
    for (let page = 0; page * 4_096 < bytes.length; page++) {
      const damaged = Buffer.from(bytes);
      damaged.fill(0xa5, page * 4_096 + 200, page * 4_096 + 900);
      const at = `${file}.page`;
      for (const end of ['-wal', '-shm']) rmSync(`${at}${end}`, { force: true });
      writeFileSync(at, damaged);
      const store = sqliteStore(at);
      const outcome = await store.read('r').then((read) => { verifyChain(read); expect(read).toEqual(entries.slice(0, read.length)); return read.length === entries.length ? 'whole' : 'short'; }).catch((error: { code?: string; message: string }) => error.code ?? error.message);
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      await store.close();
    }
    expect([...outcomes.keys()].filter((outcome) => !['whole', 'FW_STORE_FAILED', 'FW_STORE_SCHEMA', 'FW_JOURNAL_BROKEN', 'FW_WORKFLOW_UNKNOWN_RUN'].includes(outcome))).toEqual([]);
    expect((outcomes.get('FW_STORE_FAILED') ?? 0) + (outcomes.get('FW_JOURNAL_BROKEN') ?? 0)).toBeGreaterThan(0);
  });
});

describe('a file of somebody else', () => {
  test('of another program is refused by its tables, in words, and not changed', async () => {
    const others: readonly [string, RegExp][] = [
      ['create table orders(id int)', /table "orders"/],
      ['create table ledger(id int); pragma user_version = 1', /no table "runs"/],
      ['create table runs(id text primary key, name text); pragma user_version = 1', /table "runs" has no "definition"/],
      ['create table runs(id text primary key, name text); pragma user_version = 2', /table "runs" has no "definition"/],
    ];
    for (const [sql, says] of others) {
      const file = temporaryFile();
      const other = new DatabaseSync(file);
      other.exec(sql);
      other.close();
      const before = readFileSync(file);
      const store = sqliteStore(file);
      await expect(store.create(run, 0)).rejects.toMatchObject({ code: 'FW_STORE_SCHEMA', message: expect.stringMatching(says) as string });
      await store.close();
      expect(readFileSync(file)).toEqual(before);
    }
  });

  test('whose columns are others is told apart from a mistake of ours', async () => {
    const file = temporaryFile();
    const store = sqliteStore(file);
    await store.create(run, 0);
    await store.close();
    const other = new DatabaseSync(file);
    other.exec('alter table entries rename column body to text');
    other.close();
    const again = sqliteStore(file);
    await expect(again.get('r')).rejects.toMatchObject({ code: 'FW_STORE_SCHEMA', message: expect.stringMatching(/table "entries" has no "body"/) as string });
    await again.close();
  });

  test('of the first version is migrated with all it has, by several at once; blobs of it are as old as can be', async () => {
    const file = temporaryFile();
    const old = new DatabaseSync(file);
    old.exec(`
      create table runs(id text primary key, definition text not null, input text not null, fingerprint text not null, status text not null default 'running', token integer not null default 0, until integer not null default 0, holder text, result text, paused text, wake_at integer, waits text, cancel text, created_at integer not null, updated_at integer not null) without rowid;
      create index runs_due on runs(status, until, wake_at);
      create table entries(run text not null, seq integer not null, body text not null, at integer not null, primary key(run, seq)) without rowid;
      create table questions(run text not null, name text not null, ordinal integer not null, question text, schema text, asked integer not null default 0, value text, primary key(run, name, ordinal)) without rowid;
      create table blobs(hash text primary key, bytes blob not null) without rowid;
      pragma user_version=1`);
    old.prepare('insert into runs(id, definition, input, fingerprint, created_at, updated_at) values(?, ?, ?, ?, ?, ?)').run('r', JSON.stringify(oneState), '{"goal":"x"}', 'f', 1, 1);
    old.close();
    const stores = [sqliteStore(file), sqliteStore(file), sqliteStore(file)];
    expect(await Promise.all(stores.map((store) => store.get('r')))).toEqual(Array(3).fill(expect.objectContaining({ id: 'r', input: { goal: 'x' } })));
    const engine = openEngine({ store: stores[0]!, agents: [work(3, 10)] });
    expect(await (await engine.attach('r')).result()).toMatchObject({ status: 'success' });
    await engine.close();
    for (const store of stores) await store.close();
  });
});

test('a file that may only be read, and a folder that may not be written, give a code', { skip: process.platform === 'win32' }, async () => {
  const file = temporaryFile();
  const store = sqliteStore(file);
  await store.create(run, 0);
  await store.close();
  const database = new DatabaseSync(file);
  database.exec('pragma journal_mode=delete');
  database.close();
  chmodSync(file, 0o400);
  chmodSync(dirname(file), 0o500);
  // Root may write anyway; then there is nothing to see here.
  const refused = sqliteStore(process.getuid?.() === 0 ? `file:${file}?mode=ro&immutable=1` : file);
  await expect(refused.create({ ...run, id: 's' }, 0)).rejects.toMatchObject({ code: 'FW_STORE_FAILED' });
  await refused.close();
  chmodSync(dirname(file), 0o700);
});

test('a backup is made while another is written to without a pause', async () => {
  const store = sqliteStore(temporaryFile());
  await store.create(run, 0);
  let made = false;
  const written = (async () => {
    for (let count = 0; !made; count++) {
      await store.create({ ...run, id: `r${count}` }, 0);
      await new Promise(setImmediate);
    }
  })();
  try {
    for (let count = 0; count < 20; count++) await store.backup(temporaryFile());
  } finally {
    made = true;
    await written;
    await store.close();
  }
});

test('a backup made while runs go on is one moment\'s state, and its runs go on from there', async () => {
  const file = temporaryFile();
  const store = sqliteStore(file);
  const engine = openEngine({ store, agents: [work(150, 2_000)], pickUp: 'own' });
  const handles = await Promise.all(['a', 'b', 'c'].map((id) => engine.start({ id, definition: oneState, input: 1 })));
  const copies: string[] = [];
  for (let count = 0; count < 3; count++) {
    copies.push(`${file}.copy${count}`);
    await store.backup(copies.at(-1)!);
  }
  await Promise.all(handles.map((handle) => handle.result()));
  for (const copy of copies) {
    const other = sqliteStore(copy);
    for (const id of ['a', 'b', 'c']) {
      const there = await other.read(id);
      verifyChain(there);
      expect(there).toEqual((await store.read(id)).slice(0, there.length));
    }
    await other.close();
  }
  const restored = sqliteStore(copies[0]!);
  // By then the leases that the copy has are over.
  const again = openEngine({ store: restored, agents: [work(150, 2_000)], pickUp: 'own', clock: () => Date.now() + 60_000 });
  expect(await (await again.attach('a')).result()).toMatchObject({ status: 'success' });
  await again.close();
  await restored.close();
  await engine.close();
  await store.close();
});
