import { setTimeout as delay } from 'node:timers/promises';
import { dirname, join } from 'node:path';
import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { AgentContext } from '@fw/agents-core';
import { exportRun, folderBlobs, importRun, memoryBlobs, memoryStore, verifyChain } from '@fw/workflow';
import type { BlobStore, JournalStore } from '@fw/workflow';
import { sqliteStore } from '@fw/workflow/sqlite';
import { sealEntry } from '../src/journal-chain.ts';
import { oneState, openEngine, temporaryFile, worker } from './programs.ts';

const input = { goal: 'x' };
const large = (name: string): string => name.repeat(70_000);
const folder = (): string => join(dirname(temporaryFile()), 'blobs');
const stores: readonly [string, () => JournalStore][] = [
  ['memory', () => memoryStore()],
  ['sqlite', () => sqliteStore(temporaryFile())],
  ['sqlite with blobs in a folder', () => sqliteStore(temporaryFile(), { blobs: folderBlobs(folder()) })],
];

describe.for(stores)('prune on %s', ([, open]) => {
  test('removes ended runs that are old enough, keeps the newest, and then the blobs that nobody refers to', async () => {
    const store = open();
    let time = 1_000;
    const engine = openEngine({ store, clock: () => (time += 1), pickUp: 'own', agents: [worker(async (context) => {
      const { task } = context as unknown as { task: { goal: string } };
      await context.step('large', () => large(task.goal));
      await context.step('shared', () => large('s'));
      if (task.goal === 'w') await context.waitFor('go');
    })] });
    for (const goal of ['a', 'b', 'c', 'w']) await (await engine.start({ id: goal, definition: oneState, input: { goal } })).settled();
    time += 10_000;
    await (await engine.start({ id: 'd', definition: oneState, input: { goal: 'd' } })).result();
    await delay(5);
    expect(await engine.prune({ olderThanMs: 5_000, keep: 2, graceMs: 0 })).toMatchObject({ runs: expect.arrayContaining(['a', 'b']) as string[], blobs: 2, bytes: expect.any(Number) as number });
    const left: string[] = [];
    for await (const { id } of engine.list()) left.push(id);
    expect(left.sort()).toEqual(['c', 'd', 'w']);
    expect(await engine.replay('c')).toMatchObject({ complete: true });
    expect(await engine.prune({ olderThanMs: 0, graceMs: 0 })).toMatchObject({ runs: expect.arrayContaining(['c', 'd']) as string[], blobs: 2 });
    const run = await engine.watch('w');
    await run.signal('go', 1);
    expect(await run.result()).toMatchObject({ status: 'success' });
    await expect(engine.prune({ olderThanMs: -1 })).rejects.toMatchObject({ code: 'FW_WORKFLOW_ILLEGAL' });
    await engine.close();
    await store.close();
  });

  test('runs and forks that go on while it removes lose nothing', async () => {
    const store = open();
    let round = 0;
    const work = async (context: AgentContext): Promise<void> => { for (let index = 0; index < 4; index++) await context.step('large', () => large(String(index))); };
    const engine = openEngine({ store, agents: [worker(work)], pickUp: 'own' });
    await (await engine.start({ id: 'old', definition: oneState, input })).result();
    const until = Date.now() + 600;
    const pruning = (async () => { while (Date.now() < until) { await engine.prune({ olderThanMs: 0, keep: 3, graceMs: 200 }); await delay(1); } })();
    while (Date.now() < until) {
      const run = await engine.start({ id: `r${round++}`, definition: oneState, input });
      await run.result();
      const ids: string[] = [];
      for await (const { id } of engine.list({ status: 'success' })) ids.push(id);
      const fork = await engine.fork(ids[0]!, { at: 4, id: `f${round}` }).catch(() => undefined);
      if (fork) expect(await fork.result()).toMatchObject({ status: 'success' });
    }
    await pruning;
    for await (const { id } of engine.list()) expect(await engine.replay(id)).toMatchObject({ complete: true });
    await engine.close();
    await store.close();
  });
});

test('a child is kept while the run that began it has not ended', async () => {
  const store = memoryStore();
  const sub = { ...oneState, name: 'sub' };
  const engine = openEngine({ store, definitions: [sub], agents: [worker(async (context) => {
    if ((context.task as { goal: string }).goal === 'child') return;
    await context.child('sub', 'sub', { goal: 'child' });
    await context.waitFor('go');
  })] });
  const run = await engine.start({ id: 'r', definition: oneState, input });
  expect(await run.settled()).toMatchObject({ questions: [{ name: 'go' }] });
  expect(await engine.prune({ olderThanMs: 0 })).toMatchObject({ runs: [] });
  await run.signal('go', 1);
  await run.result();
  expect((await engine.prune({ olderThanMs: 0 })).runs).toHaveLength(2);
});

describe('folderBlobs', () => {
  test('keeps whole files only, tells what is gone or changed, and refuses names that are none', async () => {
    const at = folder();
    const blobs = folderBlobs(at);
    const bytes = new TextEncoder().encode('hello');
    const [first, second] = await Promise.all([blobs.put(bytes), blobs.put(bytes)]);
    expect(first).toBe(second);
    expect(new TextDecoder().decode(await folderBlobs(at).get(first))).toBe('hello');
    for (const bad of ['../../etc/passwd', '0'.repeat(64), '']) await expect(blobs.get(bad)).rejects.toMatchObject({ code: 'FW_BLOB_MISSING' });
    expect(readdirSync(join(at, first.slice(0, 2)))).toEqual([first]);
    writeFileSync(join(at, first.slice(0, 2), first), 'half');
    expect(await blobs.put(bytes)).toBe(first);
    expect(new TextDecoder().decode(await blobs.get(first))).toBe('hello');
    const file = join(dirname(at), 'file');
    writeFileSync(file, '');
    await expect(folderBlobs(file).put(bytes)).rejects.toMatchObject({ code: 'FW_STORE_FAILED' });
  });

  test('what a writer that died left behind is swept, and what was put again is young', async () => {
    const at = folder();
    const blobs = folderBlobs(at);
    const kept = await blobs.put(new Uint8Array([1]));
    const again = await blobs.put(new Uint8Array([2]));
    mkdirSync(join(at, 'ab'), { recursive: true });
    writeFileSync(join(at, 'ab', `${'ab'.repeat(32)}.half`), 'x');
    const old = new Date(Date.now() - 100_000);
    for (const [directory, name] of [[kept.slice(0, 2), kept], [again.slice(0, 2), again], ['ab', `${'ab'.repeat(32)}.half`]] as const) utimesSync(join(at, directory, name), old, old);
    await blobs.put(new Uint8Array([2]));
    expect(await blobs.sweep!({ isUsed: (blob) => blob === kept, before: Date.now() - 50_000 })).toMatchObject({ blobs: 1 });
    expect(await blobs.get(kept)).toHaveLength(1);
    expect(await blobs.get(again)).toHaveLength(1);
  });
});

describe('a bundle', () => {
  const work = async (context: AgentContext): Promise<void> => { await context.step('large', () => large('x')); await context.step('small', () => 1); await context.waitFor('go'); };
  const make = async (isEnded: boolean): Promise<JournalStore> => {
    const store = memoryStore();
    const engine = openEngine({ store, agents: [worker(work)] });
    const run = await engine.start({ id: 'r', definition: oneState, input });
    if (isEnded) await run.signal('go', 1);
    await run.settled();
    return store;
  };

  test('takes a run to another store, where it is the same, replays, and goes on when it had not ended', async () => {
    for (const isEnded of [true, false]) {
      const bundle = JSON.parse(JSON.stringify(await exportRun(await make(isEnded), 'r'))) as unknown;
      const store = sqliteStore(temporaryFile());
      expect(await importRun(store, bundle)).toBe('r');
      await expect(importRun(store, bundle)).rejects.toMatchObject({ code: 'FW_WORKFLOW_CHANGED' });
      const engine = openEngine({ store, agents: [worker(work)] });
      expect(await engine.replay('r')).toMatchObject({ complete: isEnded });
      expect(await store.get('r')).toMatchObject(isEnded ? { status: 'success' } : { status: 'waiting', paused: { code: 'FW_RUN_IMPORTED' } });
      expect(await store.due(Date.now())).toEqual([]);
      const run = await engine.attach('r');
      if (!isEnded) await run.signal('go', 1);
      expect(await run.result()).toMatchObject({ status: 'success' });
      verifyChain(await store.read('r'));
      await engine.close();
      await store.close();
    }
  });

  test('that was changed, or is none, is refused and leaves nothing', async () => {
    const bundle = await exportRun(await make(true), 'r');
    const changes: readonly unknown[] = [
      null, 7, 'x', {}, { ...bundle, version: 2 }, { ...bundle, entries: bundle.entries.slice(1) }, { ...bundle, entries: bundle.entries.map((entry) => (entry.output === 1 ? { ...entry, output: 2 } : entry)) },
      { ...bundle, blobs: {} }, { ...bundle, blobs: Object.fromEntries(Object.keys(bundle.blobs).map((key) => [key, 'AAAA'])) }, { ...bundle, run: { ...bundle.run, id: 's' } }, { ...bundle, run: { ...bundle.run, definition: {} } }, { ...bundle, run: { ...bundle.run, status: 'running' } }, { ...bundle, run: { ...bundle.run, id: '\u0000' } }, { ...bundle, run: { ...bundle.run, forkedFrom: { run: 'q' } } },
      { ...bundle, entries: [...bundle.entries, null] }, { ...bundle, entries: [sealEntry({ ...bundle.entries[0]!, order: 'x' as never })] }, { ...bundle, entries: [sealEntry({ ...bundle.entries[0]!, kind: 'other' as never })] },
    ];
    for (const change of changes) {
      const store = memoryStore();
      await expect(importRun(store, change)).rejects.toMatchObject({ code: expect.stringMatching(/^FW_(WORKFLOW_ILLEGAL|JOURNAL_BROKEN|BLOB_MISSING)$/) as string });
      for await (const { id } of store.list()) expect(id).toBe('nothing');
    }
    await expect(exportRun(memoryStore(), 'nobody')).rejects.toMatchObject({ code: 'FW_WORKFLOW_UNKNOWN_RUN' });
  });
});

test('a blob store without sweep keeps everything', async () => {
  const { sweep: _sweep, ...rest } = memoryBlobs();
  const blobs: BlobStore = rest;
  const store: JournalStore = { ...memoryStore(), blobs };
  const engine = openEngine({ store, agents: [worker(async (context) => { await context.step('large', () => large('x')); })] });
  await (await engine.start({ id: 'r', definition: oneState, input })).result();
  expect(await engine.prune({ olderThanMs: 0, graceMs: 0 })).toEqual({ runs: ['r'], blobs: 0, bytes: 0 });
});
