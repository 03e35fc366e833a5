import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createFairQueue } from '../src/fair-queue.ts';
import type { Queued } from '../src/fair-queue.ts';
import { freshState, latenessOf, settleIn, takeFrom } from '../src/limit-state.ts';

describe('buckets', () => {
  test('never let more through than burst + rate × time, whatever is asked, used and given back', () => {
    const step = fc.record({ waitMs: fc.nat(3_000), amount: fc.integer({ min: 1, max: 40 }), usedShare: fc.double({ min: 0, max: 1, noNaN: true }), outcome: fc.constantFrom('answered', 'refused', 'failed') });
    fc.assert(fc.property(fc.array(step, { minLength: 1, maxLength: 80 }), fc.integer({ min: 10, max: 50 }), fc.integer({ min: 1, max: 20 }), (steps, capacity, perSecond) => {
      let state = freshState;
      let now = 1_000_000;
      let used = 0;
      for (const [index, { waitMs, amount, usedShare, outcome }] of steps.entries()) {
        now += waitMs;
        const asked = Math.min(amount, capacity);
        const taken = takeFrom(state, { id: String(index), endpoint: 'e', now, leaseMs: 1, buckets: [{ name: 'b', capacity, perSecond, amount: asked }] }, 0);
        state = taken.state;
        if (taken.answer.status === 'wait') {
          expect(taken.answer.until).toBeGreaterThan(now);
          continue;
        }
        const actual = Math.floor(asked * usedShare);
        used += actual;
        state = settleIn(state, { id: String(index), endpoint: 'e', now, used: { b: actual }, outcome: outcome as 'answered' });
        expect(used).toBeLessThanOrEqual(capacity + (perSecond * (now - 1_000_000)) / 1_000 + 1e-6);
      }
    }));
  });

  test('let nothing arrive over the limit, however late within the margin each request arrives', () => {
    const step = fc.record({ waitMs: fc.oneof(fc.nat(30), fc.nat(400)), many: fc.integer({ min: 1, max: 12 }), lateShare: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 12, maxLength: 12 }) });
    fc.assert(fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 120 }), (steps, capacity, perSecond) => {
      let state = freshState;
      let now = 0;
      const arrivals: number[] = [];
      for (const { waitMs, many, lateShare } of steps) {
        now += waitMs;
        for (let one = 0; one < many; one += 1) {
          const { state: next, answer } = takeFrom(state, { id: 'x', endpoint: 'e', now, leaseMs: 1, buckets: [{ name: 'b', capacity, perSecond, amount: 1 }] }, 0);
          state = next;
          if (answer.status === 'taken') arrivals.push(now + (lateShare[one] ?? 0) * latenessOf({ capacity, perSecond }));
        }
      }
      let level = capacity;
      let at = 0;
      for (const arrival of arrivals.sort((left, right) => left - right)) {
        level = Math.min(capacity, level + ((arrival - at) / 1_000) * perSecond) - 1;
        at = arrival;
        expect(level).toBeGreaterThanOrEqual(-1e-6);
      }
    }), { numRuns: 300 });
  });

  test.each([[100, 100], [10, 100], [10, 50], [60, 1], [2, 20]])('of capacity %i that gain %i a second are used to 95 per cent all the same', (capacity, perSecond) => {
    let state = freshState;
    let now = 0;
    const calls = capacity + 1_000;
    for (let sent = 0; sent < calls; ) {
      const { state: next, answer } = takeFrom(state, { id: 'x', endpoint: 'e', now, leaseMs: 1, buckets: [{ name: 'b', capacity, perSecond, amount: 1 }] }, 0);
      state = next;
      if (answer.status === 'taken') sent += 1;
      else now = answer.until;
    }
    expect(calls / (capacity + (now / 1_000) * perSecond)).toBeGreaterThanOrEqual(0.95);
  });

  test('always have enough at the time they name', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 40 }), (amounts) => {
      let state = freshState;
      let now = 0;
      for (const [index, amount] of amounts.entries()) {
        for (let tries = 0; ; tries += 1) {
          const { state: next, answer } = takeFrom(state, { id: String(index), endpoint: 'e', now, leaseMs: 1, buckets: [{ name: 'b', capacity: 50, perSecond: 5, amount }] }, 0);
          state = next;
          if (answer.status === 'taken') break;
          expect(tries).toBe(0);
          now = answer.until;
        }
      }
    }));
  });
});

describe('the queue', () => {
  const job = fc.record({ flow: fc.constantFrom('a', 'b', 'c', 'd'), cost: fc.integer({ min: 1, max: 50 }), priority: fc.constantFrom(0, 0, 0, 1), weight: fc.constantFrom(1, 2) });

  test('loses nobody and serves each flow in its order', () => {
    fc.assert(fc.property(fc.array(job, { maxLength: 60 }), (jobs) => {
      const queue = createFairQueue<Queued>(1_000_000);
      const queued = jobs.map((one, index) => ({ ...one, since: index }));
      for (const one of queued) queue.push(one);
      const served: Queued[] = [];
      for (let next = queue.next(0); next !== undefined; next = queue.next(0)) {
        queue.take(next);
        served.push(next);
      }
      expect(new Set(served)).toEqual(new Set(queued));
      for (const flow of ['a', 'b', 'c', 'd']) for (const priority of [0, 1]) {
        const times = served.filter((one) => one.flow === flow && one.priority === priority).map((one) => one.since);
        expect(times).toEqual([...times].sort((left, right) => left - right));
      }
    }));
  });

  test('starves nobody: who waited past the aging bound is next, whatever keeps coming in', () => {
    fc.assert(fc.property(fc.array(job, { minLength: 1, maxLength: 40 }), (others) => {
      const queue = createFairQueue<Queued>(100);
      const patient: Queued = { flow: 'patient', cost: 50, weight: 0.1, priority: 0, since: 0 };
      queue.push(patient);
      for (const [now, other] of others.entries()) {
        queue.push({ ...other, priority: 1, since: now });
        const next = queue.next(now);
        if (next !== undefined && next !== patient) queue.take(next);
      }
      queue.push({ flow: 'late', cost: 1, weight: 1, priority: 1, since: 100 });
      const last = queue.next(100);
      if (last !== undefined && last !== patient) queue.take(last);
      expect(queue.next(101)).toBe(patient);
    }));
  });
});
