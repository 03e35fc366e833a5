import { expect, test } from 'vitest';
import type { RunHead } from '@fw/workflow';
import type { RunSummary } from '@fw/framework';
import { createRunListing } from '../src/run-listing.ts';

/** Ten thousand runs, the newest with the highest number: those that end in 7 wait, ten of them are worked on, all others have ended. */
function listing(): { readonly list: ReturnType<typeof createRunListing>; readonly heads: RunHead[]; readonly read: string[] } {
  const heads = Array.from({ length: 10_000 }, (_, index): RunHead => {
    const number = 9_999 - index;
    return { id: `run-${String(number).padStart(4, '0')}`, status: number % 1_000 === 3 ? 'running' : number % 10 === 7 ? 'waiting' : 'success', createdAt: number, updatedAt: number };
  });
  const read: string[] = [];
  const list = createRunListing({ heads: async () => heads }, async (id) => {
    read.push(id);
    const head = heads.find((one) => one.id === id);
    return head && { ...head, goal: `goal of ${id}`, workspace: '/w', state: head.status === 'waiting' ? 'design' : 'success', startedAt: head.createdAt } as RunSummary;
  });
  return { list, heads, read };
}

test('a page reads the runs on it, once when they have ended, and those that somebody works on', async () => {
  const { list, read } = listing();
  const page = await list.page({ statuses: ['success', 'waiting'], offset: 100, limit: 50 });
  expect([page.runs.length, page.runs[0]?.id, page.total, page.counts]).toEqual([50, 'run-9899', 9_990, { success: 8_990, waiting: 1_000, running: 10 }]);
  expect(read.length).toBe(60);
  await list.page({ statuses: ['success', 'waiting'], offset: 100, limit: 50 });
  // The ten that are worked on, and five on the page that wait.
  expect(read.length).toBe(75);
});

test('runs are found by how their id begins without being read, and by a text', async () => {
  const { list, read } = listing();
  expect((await list.page({ id: 'run-12', limit: 5 })).total).toBe(100);
  expect(read.length).toBe(15);
  expect((await list.page({ text: 'OF RUN-004', limit: 3 })).runs.map(({ id }) => id)).toEqual(['run-0049', 'run-0048', 'run-0047']);
  expect((await list.page({ text: 'nowhere' })).total).toBe(0);
});

test('a run that was removed and came again is read again, and the version says that something moved', async () => {
  const { list, heads, read } = listing();
  const { version } = await list.page({ limit: 1 });
  expect((await list.page({ limit: 1 })).version).toBe(version);
  const [newest] = heads as [RunHead];
  heads[0] = { ...newest, updatedAt: 20_000 };
  expect((await list.page({ limit: 1 })).version).not.toBe(version);
  expect(read.filter((id) => id === newest.id).length).toBe(2);
  heads.length = 0;
  expect(await list.page({})).toMatchObject({ runs: [], total: 0, counts: {} });
  expect(await list.all()).toEqual([]);
});
