import { describe, expect, onTestFinished, test } from 'vitest';
import { sealEntry, verifyChain } from '../journal-chain.ts';
import type { JournalEntry } from '../journal-entry.ts';
import type { Claim, JournalStore, RunRecord } from '../journal-store.ts';
import { oneState } from './one-state.ts';

export interface StoreUnderTest {
  readonly store: JournalStore;
  /** A second handle on the same data, as another process has one; without it those tests use the first. */
  readonly again?: JournalStore;
}

/** Vitest tests that every journal store must pass. `create` gives an empty store each time; it is closed after the test. */
export function testStore(name: string, create: () => StoreUnderTest | Promise<StoreUnderTest>): void {
  const open = async (): Promise<{ readonly store: JournalStore; readonly again: JournalStore }> => {
    const { store, again = store } = await create();
    onTestFinished(async () => {
      await again.close();
      await store.close();
    });
    return { store, again };
  };

  describe(`store ${name}`, () => {
    test('creates a run once and keeps what the first one said', async () => {
      const { store, again } = await open();
      expect(await store.create(run('r'), 10)).toBe(true);
      expect(await again.create({ ...run('r'), input: 'another' }, 20)).toBe(false);
      expect(await again.get('r')).toMatchObject({ id: 'r', input: { goal: 'x' }, fingerprint: 'f', status: 'running', createdAt: 10, questions: [], definition: oneState });
      expect(await store.get('nobody')).toBeUndefined();
      await expect(store.read('nobody')).rejects.toMatchObject({ code: 'FW_WORKFLOW_UNKNOWN_RUN' });
      await expect(store.claim('nobody', claiming('a'))).rejects.toMatchObject({ code: 'FW_WORKFLOW_UNKNOWN_RUN' });
    });

    test('gives a run to one holder at a time, with a token that rises', async () => {
      const { store, again } = await open();
      await store.create(run('r'), 0);
      const first = await claimOf(store, 'a', 0);
      expect(first.record).toMatchObject({ status: 'running', holder: 'a' });
      expect(await again.claim('r', claiming('b', 99))).toBeUndefined();
      const second = await claimOf(again, 'b', 100);
      expect(second.token).toBeGreaterThan(first.token);
      expect(await store.renew('r', first.token, { now: 101, ttlMs: 100 })).toEqual({ held: false });
      expect(await again.renew('r', second.token, { now: 150, ttlMs: 100 })).toEqual({ held: true });
      expect(await store.claim('r', claiming('a', 249))).toBeUndefined();
      expect(await store.claim('r', claiming('a', 250))).toBeDefined();
    });

    test('takes a run from a holder that is gone, and from nobody else', async () => {
      const { store, again } = await open();
      await store.create(run('r'), 0);
      await claimOf(store, 'a', 0);
      expect(await again.claim('r', { ...claiming('c', 1), gone: 'b' })).toBeUndefined();
      expect(await again.claim('r', { ...claiming('b', 1), gone: 'a' })).toBeDefined();
      expect(await again.claim('r', { ...claiming('c', 1), gone: 'a' })).toBeUndefined();
    });

    test('one of many claims at the same time wins', async () => {
      const { store, again } = await open();
      await store.create(run('r'), 0);
      const claims = await Promise.all(Array.from({ length: 8 }, (_, index) => (index % 2 ? store : again).claim('r', claiming(`h${index}`))));
      expect(claims.filter(Boolean)).toHaveLength(1);
    });

    test('keeps entries in order and unchanged, and gives those after a place', async () => {
      const { store, again } = await open();
      await store.create(run('r'), 0);
      const { token } = await claimOf(store, 'a', 0);
      const entries = chain(5);
      await Promise.all(entries.map((entry) => store.append('r', token, entry)));
      verifyChain(await again.read('r'));
      expect(await again.read('r')).toEqual(entries);
      expect((await again.read('r', 3)).map((entry) => entry.seq)).toEqual([4, 5]);
      expect(await again.read('r', 5)).toEqual([]);
      await store.release('r', token, { now: 1, status: 'running' });
      expect((await claimOf(again, 'b', 1)).entries).toEqual(entries);
    });

    test('what was given away can be changed without changing what is stored', async () => {
      const { store } = await open();
      await store.create(run('r'), 0);
      const { token } = await claimOf(store, 'a', 0);
      const entry = chain(1)[0]!;
      await store.append('r', token, entry);
      (entry.output as { n: number }).n = 99;
      ((await store.read('r'))[0]!.output as { n: number }).n = 98;
      ((await store.get('r'))!.input as { goal: string }).goal = 'other';
      expect((await store.read('r'))[0]?.output).toEqual({ n: 1 });
      expect((await store.get('r'))?.input).toEqual({ goal: 'x' });
    });

    test('refuses every write of a holder that lost the run, and writes nothing', async () => {
      const { store, again } = await open();
      await store.create(run('r'), 0);
      const stale = (await claimOf(store, 'a', 0)).token;
      const { token } = await claimOf(again, 'b', 100);
      const leased = { code: 'FW_WORKFLOW_LEASED' };
      await expect(store.append('r', stale, chain(1)[0]!)).rejects.toMatchObject(leased);
      await expect(store.release('r', stale, { now: 1, status: 'waiting' })).rejects.toMatchObject(leased);
      await expect(store.finish('r', stale, { now: 1, status: 'success', result: 1 })).rejects.toMatchObject(leased);
      await expect(store.ask('r', stale, { name: 'q', ordinal: 1 })).rejects.toMatchObject(leased);
      await expect(store.withdraw('r', stale, { name: 'q', ordinal: 1 })).rejects.toMatchObject(leased);
      expect(await again.read('r')).toEqual([]);
      expect(await again.get('r')).toMatchObject({ status: 'running', questions: [] });
      await again.append('r', token, chain(1)[0]!);
    });

    test('refuses an entry that would leave a gap or come twice, without harm to other runs', async () => {
      const { store } = await open();
      await store.create(run('r'), 0);
      await store.create(run('s'), 0);
      const { token } = await claimOf(store, 'a', 0);
      const other = (await store.claim('s', claiming('a')))!.token;
      const [first, second, third] = chain(3);
      const answers = await Promise.allSettled([store.append('r', token, first!), store.append('r', token, third!), store.append('s', other, { ...first!, run: 's' }), store.append('r', token, second!), store.append('r', token, second!)]);
      expect(answers.map((answer) => (answer.status === 'rejected' ? (answer.reason as { code: string }).code : 'stored'))).toEqual(['stored', 'FW_JOURNAL_BROKEN', 'stored', 'stored', 'FW_JOURNAL_BROKEN']);
      expect((await store.read('r')).map((entry) => entry.seq)).toEqual([1, 2]);
    });

    test('a released run is free at once; one that waits is due when its time comes', async () => {
      const { store, again } = await open();
      await store.create(run('r'), 0);
      expect(await store.due(0)).toEqual(['r']);
      const first = await claimOf(store, 'a', 0);
      expect(await again.due(50)).toEqual([]);
      expect(await again.due(100)).toEqual(['r']);
      await store.release('r', first.token, { now: 10, status: 'running' });
      const second = await claimOf(again, 'b', 10);
      await again.release('r', second.token, { now: 11, status: 'waiting', wakeAt: 500, paused: { code: 'C', message: 'm' } });
      expect(await store.get('r')).toMatchObject({ status: 'waiting', wakeAt: 500, paused: { code: 'C', message: 'm' } });
      expect(await store.due(499)).toEqual([]);
      expect(await store.due(500)).toEqual(['r']);
      const record = (await claimOf(store, 'a', 500)).record;
      expect(record.status).toBe('running');
      expect(record.wakeAt).toBeUndefined();
      expect(record.paused).toBeUndefined();
    });

    test('a finished run has its result, is held by nobody and never claimed again', async () => {
      const { store, again } = await open();
      await store.create(run('r'), 0);
      const { token } = await claimOf(store, 'a', 0);
      await store.finish('r', token, { now: 7, status: 'failed', result: { code: 'X' } });
      expect(await again.get('r')).toMatchObject({ status: 'failed', result: { code: 'X' }, updatedAt: 7 });
      expect(await again.claim('r', claiming('b', 1000))).toBeUndefined();
      expect(await again.renew('r', token, { now: 8, ttlMs: 1 })).toEqual({ held: false });
      await expect(store.append('r', token, chain(1)[0]!)).rejects.toMatchObject({ code: 'FW_WORKFLOW_LEASED' });
      await store.cancel('r', 'late', 9);
      expect((await store.get('r'))?.cancel).toBeUndefined();
      expect(await store.due(10_000)).toEqual([]);
    });

    test('an answer goes to the open question, once', async () => {
      const { store, again } = await open();
      await store.create(run('r'), 0);
      const { token } = await claimOf(store, 'a', 0);
      await store.ask('r', token, { name: 'q', ordinal: 1, question: { text: '?' }, schema: { type: 'boolean' } });
      await store.ask('r', token, { name: 'q', ordinal: 1, question: { text: '?' }, schema: { type: 'boolean' } });
      expect((await again.get('r'))?.questions).toEqual([{ name: 'q', ordinal: 1, question: { text: '?' }, schema: { type: 'boolean' } }]);
      const answers = await Promise.all([again.answer('r', 'q', true, 1), store.answer('r', 'q', false, 1)]);
      expect(answers.filter(Boolean)).toHaveLength(1);
      expect(await store.answerOf('r', 'q', 1)).toEqual({ value: answers[0] });
      expect(await store.answerOf('r', 'q', 2)).toBeUndefined();
      expect((await store.get('r'))?.questions).toEqual([]);
      await store.ask('r', token, { name: 'q', ordinal: 2 });
      expect(await again.answer('r', 'q', null, 2)).toBe(true);
      expect(await store.answerOf('r', 'q', 2)).toEqual({ value: null });
      await expect(store.answer('nobody', 'q', 1, 2)).rejects.toMatchObject({ code: 'FW_WORKFLOW_UNKNOWN_RUN' });
    });

    test('an answer that comes before its question waits for it', async () => {
      const { store, again } = await open();
      await store.create(run('r'), 0);
      expect(await again.answer('r', 'q', 'early', 1)).toBe(true);
      expect(await again.answer('r', 'q', 'second', 1)).toBe(false);
      const { token } = await claimOf(store, 'a', 0);
      await store.ask('r', token, { name: 'q', ordinal: 1 });
      expect((await store.get('r'))?.questions).toEqual([]);
      expect(await store.answerOf('r', 'q', 1)).toEqual({ value: 'early' });
    });

    test('a withdrawn question takes no answer; an answer that was there before counts', async () => {
      const { store, again } = await open();
      await store.create(run('r'), 0);
      const { token } = await claimOf(store, 'a', 0);
      await store.ask('r', token, { name: 'q', ordinal: 1 });
      expect(await store.withdraw('r', token, { name: 'q', ordinal: 1 })).toBe(true);
      expect((await again.get('r'))?.questions).toEqual([]);
      expect(await again.answer('r', 'q', 'late', 1)).toBe(false);
      await store.ask('r', token, { name: 'q', ordinal: 1 });
      expect(await again.answer('r', 'q', 'in time', 1)).toBe(true);
      expect(await store.withdraw('r', token, { name: 'q', ordinal: 1 })).toBe(false);
      expect(await store.answerOf('r', 'q', 1)).toEqual({ value: 'in time' });
    });

    test('an answer wakes the run that waits for it, also when it came just before', async () => {
      const { store, again } = await open();
      await store.create(run('r'), 0);
      const first = await claimOf(store, 'a', 0);
      await store.ask('r', first.token, { name: 'q', ordinal: 1 });
      await store.ask('r', first.token, { name: 'other', ordinal: 1 });
      await store.release('r', first.token, { now: 1, status: 'waiting', waits: [{ name: 'q', ordinal: 1 }] });
      await again.answer('r', 'other', 1, 2);
      expect(await store.due(1_000)).toEqual([]);
      await again.answer('r', 'q', 1, 3);
      expect(await store.due(3)).toEqual(['r']);
      const second = await claimOf(store, 'a', 3);
      await store.release('r', second.token, { now: 4, status: 'waiting', waits: [{ name: 'q', ordinal: 1 }] });
      expect(await store.due(4)).toEqual(['r']);
    });

    test('cancel is told to the holder, wakes a run that waits, and the first reason stays', async () => {
      const { store, again } = await open();
      await store.create(run('r'), 0);
      const first = await claimOf(store, 'a', 0);
      await again.cancel('r', 'why', 1);
      await again.cancel('r', 'another', 1);
      expect(await store.renew('r', first.token, { now: 2, ttlMs: 100 })).toEqual({ held: true, cancel: 'why' });
      await store.release('r', first.token, { now: 3, status: 'waiting' });
      expect(await store.due(3)).toEqual(['r']);
      await store.create(run('s'), 0);
      const second = (await store.claim('s', claiming('a')))!;
      await store.release('s', second.token, { now: 4, status: 'waiting' });
      expect(await store.due(5)).toEqual(['r']);
      await again.cancel('s', 'why', 5);
      expect([...(await store.due(5))].sort()).toEqual(['r', 's']);
      await expect(store.cancel('nobody', 'why', 5)).rejects.toMatchObject({ code: 'FW_WORKFLOW_UNKNOWN_RUN' });
    });

    test('lists runs by status and removes those that ended', async () => {
      const { store, again } = await open();
      for (const [index, id] of ['r', 's', 't'].entries()) await store.create(run(id), index);
      const { token } = await claimOf(store, 'a', 5);
      await store.append('r', token, chain(1)[0]!);
      await store.finish('r', token, { now: 6, status: 'success', result: 1 });
      expect(await idsOf(again.list())).toEqual(['t', 's', 'r']);
      expect(await idsOf(again.list({ status: 'success' }))).toEqual(['r']);
      expect(await idsOf(again.list({ status: 'running' }))).toEqual(['t', 's']);
      expect(await again.heads()).toEqual([{ id: 't', status: 'running', createdAt: 2, updatedAt: 2 }, { id: 's', status: 'running', createdAt: 1, updatedAt: 1 }, { id: 'r', status: 'success', createdAt: 0, updatedAt: 6 }]);
      expect(await again.heads({ status: 'success' })).toEqual([{ id: 'r', status: 'success', createdAt: 0, updatedAt: 6 }]);
      await again.remove(['r', 's', 'nobody']);
      expect(await idsOf(store.list())).toEqual(['t', 's']);
      expect(await store.create(run('r'), 9)).toBe(true);
      expect(await store.read('r')).toEqual([]);
    });

    test('a run can begin with entries and answers, all of them or none, and knows where it comes from', async () => {
      const { store, again } = await open();
      const forkedFrom = { run: 'q', seq: 3, entries: 3, seeds: [{ seed: 'q', until: 3 }], startedAt: 1, tree: 't', change: { model: 'm' } };
      const beginning = { entries: chain(3), answers: [{ name: 'q', ordinal: 1, value: 'taken' }] };
      expect(await store.create({ ...run('r'), parent: 'p', forkedFrom }, 5, beginning)).toBe(true);
      expect(await again.create(run('r'), 6, { entries: chain(1), answers: [] })).toBe(false);
      expect(await again.get('r')).toMatchObject({ parent: 'p', forkedFrom, status: 'running', createdAt: 5 });
      expect(await again.read('r')).toEqual(chain(3));
      expect(await store.answerOf('r', 'q', 1)).toEqual({ value: 'taken' });
      expect(await store.answer('r', 'q', 'late', 6)).toBe(false);
      const { token, entries } = await claimOf(store, 'a', 5);
      expect(entries).toHaveLength(3);
      await store.append('r', token, chain(4)[3]!);
      await store.create(run('s'), 7, { entries: chain(2).map((entry) => ({ ...entry, run: 's' })), answers: [], as: { status: 'success', result: { status: 'success' } } });
      expect(await again.get('s')).toMatchObject({ status: 'success', result: { status: 'success' } });
      expect(await again.claim('s', claiming('b', 1_000))).toBeUndefined();
      await store.create(run('t'), 8, { entries: [], answers: [], as: { status: 'waiting', paused: { code: 'C', message: 'm' } } });
      expect(await again.get('t')).toMatchObject({ status: 'waiting', paused: { code: 'C', message: 'm' } });
      expect(await store.due(1_000)).not.toContain('t');
    });

    test('questions whose name begins with "!" wake their run and are not shown', async () => {
      const { store, again } = await open();
      await store.create(run('r'), 0);
      const { token } = await claimOf(store, 'a', 0);
      await store.ask('r', token, { name: '!child:x', ordinal: 1 });
      await store.ask('r', token, { name: 'shown', ordinal: 1 });
      expect((await again.get('r'))?.questions.map(({ name }) => name)).toEqual(['shown']);
      await store.release('r', token, { now: 1, status: 'waiting', waits: [{ name: '!child:x', ordinal: 1 }] });
      await again.answer('r', '!child:x', { status: 'success' }, 2);
      expect(await store.due(2)).toEqual(['r']);
    });

    test('sweeps blobs that are not used and old enough, where it can; one that was put again is young', async ({ skip }) => {
      const { store, again } = await open();
      skip(!store.blobs.sweep, 'this store keeps its blobs');
      const bytes = [1, 2, 3].map((fill) => new Uint8Array(10).fill(fill));
      const keys = await Promise.all(bytes.map((one) => store.blobs.put(one)));
      expect(await again.blobs.sweep!({ isUsed: () => false, before: Date.now() - 60_000 })).toEqual({ blobs: 0, bytes: 0 });
      expect(await again.blobs.sweep!({ isUsed: (blob) => blob === keys[0], before: Date.now() + 60_000 })).toEqual({ blobs: 2, bytes: 20 });
      expect([...(await store.blobs.get(keys[0]!))]).toEqual([...bytes[0]!]);
      await expect(store.blobs.get(keys[1]!)).rejects.toMatchObject({ code: 'FW_BLOB_MISSING' });
      expect(await store.blobs.put(bytes[1]!)).toBe(keys[1]);
      expect(await again.blobs.get(keys[1]!)).toHaveLength(10);
    });

    test('keeps blobs by their hash, large ones too', async () => {
      const { store, again } = await open();
      const bytes = new Uint8Array(10_000_000).fill(7);
      const key = await store.blobs.put(bytes);
      expect(await store.blobs.put(bytes)).toBe(key);
      expect(await store.blobs.put(new TextEncoder().encode('abc'))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
      bytes[0] = 1;
      const stored = await again.blobs.get(key);
      expect([stored.byteLength, stored[0], stored.at(-1)]).toEqual([10_000_000, 7, 7]);
      await expect(again.blobs.get('0'.repeat(64))).rejects.toMatchObject({ code: 'FW_BLOB_MISSING' });
    });
  });
}

const run = (id: string): Pick<RunRecord, 'id' | 'definition' | 'input' | 'fingerprint'> => ({ id, definition: oneState, input: { goal: 'x' }, fingerprint: 'f' });
const claiming = (holder: string, now = 0): { readonly holder: string; readonly now: number; readonly ttlMs: number } => ({ holder, now, ttlMs: 100 });

async function claimOf(store: JournalStore, holder: string, now: number): Promise<Claim> {
  const claim = await store.claim('r', claiming(holder, now));
  expect(claim).toBeDefined();
  return claim!;
}

function chain(length: number): JournalEntry[] {
  const entries: JournalEntry[] = [];
  for (let seq = 1; seq <= length; seq++) {
    entries.push(sealEntry({ run: 'r', seq, order: [seq], key: `r/s#${seq}`, kind: 'step', at: seq, attempt: 1, origin: 'agent', output: { n: seq }, previous: entries.at(-1)?.hash ?? '' }));
  }
  return entries;
}

async function idsOf(records: AsyncIterable<RunRecord>): Promise<string[]> {
  const ids: string[] = [];
  for await (const record of records) ids.push(record.id);
  return ids;
}
