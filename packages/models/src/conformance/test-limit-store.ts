import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { BucketDemand, LimitDemand, LimitStore } from '../limit-store.ts';

/** Vitest tests that every store of limits must pass. `create` gives a new, empty one each time. */
export function testLimitStore(name: string, create: () => LimitStore | Promise<LimitStore>): void {
  const start = 1_800_000_000_000;
  const bucket = (amount: number, more: Partial<BucketDemand> = {}): BucketDemand => ({ name: 'b', capacity: 10, perSecond: 1, amount, ...more });
  const demand = (buckets: readonly BucketDemand[], more: Partial<LimitDemand> = {}): LimitDemand => ({ id: randomUUID(), endpoint: 'p/m', now: start, leaseMs: 60_000, buckets, ...more });

  describe(`limit store ${name}`, () => {
    test('says which version of the contract it implements', async () => {
      expect((await create()).specVersion).toBe(1);
    });

    test('gives out what is there and says when there is enough again', async () => {
      const store = await create();
      expect(await store.take(demand([bucket(10)]))).toEqual({ status: 'taken' });
      const answer = await store.take(demand([bucket(5)]));
      expect(answer).toMatchObject({ status: 'wait', reason: 'b' });
      const until = answer.status === 'wait' ? answer.until : 0;
      expect(until - start).toBeGreaterThanOrEqual(5_000);
      expect(until - start).toBeLessThan(5_200);
      expect(await store.take(demand([bucket(5)], { now: until }))).toEqual({ status: 'taken' });
    });

    test('takes of every bucket or of none', async () => {
      const store = await create();
      expect(await store.take(demand([bucket(5), bucket(11, { name: 'c', capacity: 20 })]))).toEqual({ status: 'taken' });
      expect(await store.take(demand([bucket(1), bucket(11, { name: 'c', capacity: 20 })]))).toMatchObject({ status: 'wait', reason: 'c' });
      expect(await store.take(demand([bucket(5)]))).toEqual({ status: 'taken' });
    });

    test('gives back what was not used, never more than fits, and lets an overrun be owed', async () => {
      const store = await create();
      const first = demand([bucket(10)]);
      await store.take(first);
      await store.settle({ id: first.id, endpoint: 'p/m', now: start, used: { b: 4 }, outcome: 'answered' });
      await store.settle({ id: first.id, endpoint: 'p/m', now: start, used: { b: 0 }, outcome: 'answered' });
      const second = demand([bucket(6)]);
      expect(await store.take(second)).toEqual({ status: 'taken' });
      await store.settle({ id: second.id, endpoint: 'p/m', now: start, used: { b: 8 }, outcome: 'answered' });
      const answer = await store.take(demand([bucket(1)]));
      expect(answer.status === 'wait' ? answer.until - start : 0).toBeGreaterThanOrEqual(3_000);
    });

    test('keeps slots, and those of one endpoint apart from those of another', async () => {
      const store = await create();
      const first = demand([], { concurrency: 1 });
      expect(await store.take(first)).toEqual({ status: 'taken' });
      expect(await store.take(demand([], { concurrency: 1 }))).toMatchObject({ status: 'wait', reason: 'concurrency' });
      expect(await store.take(demand([], { concurrency: 1, endpoint: 'p/n' }))).toEqual({ status: 'taken' });
      await store.settle({ id: first.id, endpoint: 'p/m', now: start, used: {}, outcome: 'answered' });
      expect(await store.take(demand([], { concurrency: 1 }))).toEqual({ status: 'taken' });
    });

    test('closes until the time a service named, and lets less in after its refusal', async () => {
      const store = await create();
      const first = demand([bucket(10)]);
      await store.take(first);
      await store.settle({ id: first.id, endpoint: 'p/m', now: start, used: { b: 10 }, outcome: 'refused', blockedUntil: start + 500 });
      expect(await store.take(demand([bucket(1)]))).toEqual({ status: 'wait', until: start + 500, reason: 'blocked' });
      const answer = await store.take(demand([bucket(7)], { now: start + 600 }));
      expect(answer.status === 'wait' ? answer.until - start : 0).toBeGreaterThan(9_500);
    });

    test('lowers what is left to what it is told, and never raises it', async () => {
      const store = await create();
      await store.take(demand([bucket(1)]));
      await store.lower('p/m', { b: 3 }, start);
      await store.lower('p/m', { b: 9 }, start);
      expect(await store.take(demand([bucket(4)]))).toMatchObject({ status: 'wait' });
      expect(await store.take(demand([bucket(3)]))).toEqual({ status: 'taken' });
    });

    test('never gives out more than there is to many who ask at once', async () => {
      const store = await create();
      const answers = await Promise.all(Array.from({ length: 40 }, () => store.take(demand([bucket(3)]))));
      expect(answers.filter(({ status }) => status === 'taken')).toHaveLength(3);
    });
  });
}
