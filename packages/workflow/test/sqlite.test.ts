import { execFile, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { verifyChain } from '@fw/workflow';
import type { RunRecord } from '@fw/workflow';
import { sqliteStore } from '@fw/workflow/sqlite';
import { oneState, openEngine, temporaryFile, worker } from './programs.ts';

const execute = promisify(execFile);

const run: Pick<RunRecord, 'id' | 'definition' | 'input' | 'fingerprint'> = { id: 'r', definition: oneState, input: 1, fingerprint: 'f' };

describe('a file that cannot be used', () => {
  test('of a newer version is refused with both versions, and not changed', async () => {
    const file = temporaryFile();
    const database = new DatabaseSync(file);
    database.exec('pragma user_version = 99');
    database.close();
    const before = readFileSync(file);
    const store = sqliteStore(file);
    await expect(store.create(run, 0)).rejects.toMatchObject({ code: 'FW_STORE_SCHEMA', message: expect.stringMatching(/schema 99; this one knows 3/) as string });
    await expect(store.append('r', 1, {} as never)).rejects.toMatchObject({ code: 'FW_STORE_SCHEMA' });
    await store.close();
    expect(readFileSync(file)).toEqual(before);
  });

  test('that is no database, is a directory or lies nowhere gives FW_STORE_FAILED with its path', async () => {
    const file = temporaryFile();
    writeFileSync(file, 'this is a text, not a database. '.repeat(100));
    const folder = join(dirname(file), 'folder');
    mkdirSync(folder);
    for (const path of [file, folder, join(dirname(file), 'nowhere', 'journal.db')]) {
      const store = sqliteStore(path);
      await expect(store.get('r')).rejects.toMatchObject({ code: 'FW_STORE_FAILED', message: expect.stringContaining(path) as string });
      await store.close();
    }
    expect(readFileSync(file, 'utf8')).toMatch(/^this is a text/);
  });

  test('that can only be read gives FW_STORE_FAILED for every write', async () => {
    const file = temporaryFile();
    const store = sqliteStore(file);
    await store.create(run, 0);
    await store.close();
    const refused = sqliteStore(`file:${file}?mode=ro`);
    await expect(refused.create({ ...run, id: 's' }, 0)).rejects.toMatchObject({ code: 'FW_STORE_FAILED' });
    await expect(refused.claim('r', { holder: 'a', now: 0, ttlMs: 1 })).rejects.toMatchObject({ code: 'FW_STORE_FAILED' });
    await refused.close();
  });

  test('with a damaged page gives a coded error and is not made worse', async () => {
    const file = temporaryFile();
    const store = sqliteStore(file);
    const engine = openEngine({ store, agents: [worker(async (context) => { for (let index = 0; index < 300; index++) await context.step('a', () => 'x'.repeat(500)); })] });
    await (await engine.start({ id: 'r', definition: oneState, input: 1 })).result();
    await engine.close();
    await store.close();
    const bytes = readFileSync(file);
    bytes.fill(0xaa, 8192, 8192 + 4096 * 10);
    writeFileSync(file, bytes);
    const damaged = sqliteStore(file);
    const outcome = await damaged.read('r').then((entries) => { verifyChain(entries); return 'whole'; }).catch((error: { code: string }) => error.code);
    expect(['FW_STORE_FAILED', 'FW_JOURNAL_BROKEN']).toContain(outcome);
    await damaged.close();
  });
});

test('a store that was closed says so, and closing it again is nothing', async () => {
  const store = sqliteStore(temporaryFile());
  await store.close();
  await store.close();
  await expect(store.get('r')).rejects.toMatchObject({ code: 'FW_STORE_FAILED', message: expect.stringContaining('was closed') as string });
  const open = sqliteStore(temporaryFile());
  await open.create(run, 0);
  await open.close();
  await open.close();
});

test('is durable and shared: WAL, and synchronous FULL', async () => {
  const file = temporaryFile();
  const store = sqliteStore(file);
  await store.create(run, 0);
  expect(statSync(`${file}-wal`).size).toBeGreaterThan(0);
  await store.close();
  const database = new DatabaseSync(file);
  expect(database.prepare('pragma journal_mode').get()).toEqual({ journal_mode: 'wal' });
  database.close();
});

test('a new file can be opened by several processes in one moment', async () => {
  const script = fileURLToPath(new URL('open-together.ts', import.meta.url));
  const values = ['--conditions=@fw/source', '--disable-warning=ExperimentalWarning', script, dirname(temporaryFile()), '40', String(Date.now() + 1_500)];
  const said = await Promise.all(Array.from({ length: 4 }, () => execute(process.execPath, values)));
  expect(said.map(({ stdout }) => stdout)).toEqual(Array(4).fill('[]'));
});

test('several processes open one new file at the same time and each drives its runs', async () => {
  const file = temporaryFile();
  const processes = ['a', 'b', 'c'].map((name) => work([file, name, '4', '25']));
  await Promise.all(processes.map(({ ready }) => ready));
  for (const { go } of processes) go();
  expect(await Promise.all(processes.map(({ said }) => said))).toEqual(Array(3).fill(Array(4).fill('success')));
  const store = sqliteStore(file);
  for await (const { id } of store.list()) verifyChain(await store.read(id));
  await store.close();
});

test('a full disk stops the run with a coded error; what was acknowledged is there and the run goes on when there is room', { skip: process.platform === 'win32' }, async () => {
  const file = temporaryFile();
  // A limit of 1 MiB for each file stands for the disk; a process that ignores the signal gets an error from its write.
  const full = work([file, 'r', '1', '100', '50000'], 'trap "" XFSZ; ulimit -f 1024; exec "$@"');
  await full.ready;
  full.go();
  expect(await full.said).toEqual(['FW_STORE_FAILED']);
  const store = sqliteStore(file);
  const before = await store.read('r-0');
  verifyChain(before);
  expect(before.length).toBeGreaterThan(5);
  let again = 0;
  const engine = openEngine({ store, agents: [worker(async (context) => { for (let index = 0; index < 100; index++) await context.step('add', () => { again++; return 'x'.repeat(50_000) + String(index); }); })] });
  expect(await (await engine.attach('r-0')).result()).toMatchObject({ status: 'success' });
  expect(again).toBe(100 - before.filter((entry) => entry.kind === 'step' && entry.key.includes('/add#')).length);
  expect((await store.read('r-0')).slice(0, before.length)).toEqual(before);
  await engine.close();
  await store.close();
});

function work(args: readonly string[], shell?: string): { readonly ready: Promise<unknown>; readonly said: Promise<unknown>; go(): void } {
  const command = [process.execPath, '--conditions=@fw/source', fileURLToPath(new URL('sqlite-worker.ts', import.meta.url)), ...args];
  const child = shell ? spawn('sh', ['-c', shell, 'sh', ...command], { stdio: ['pipe', 'pipe', 'inherit'] }) : spawn(command[0]!, command.slice(1), { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ready = lines.next();
  return { ready, said: ready.then(() => lines.next()).then(({ value }) => JSON.parse(value as string) as unknown), go: () => void child.stdin.write('go\n') };
}
