import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Ledger, LedgerLine, Reservation } from '../ledger.ts';
import type { CallScope } from '../model.ts';
import type { Usage } from '../usage.ts';

/** Vitest tests that every ledger must pass. `create` gives a new, empty one each time. */
export function testLedger(name: string, create: () => Ledger | Promise<Ledger>): void {
  describe(`ledger ${name}`, () => {
    test('says which version of the contract it implements', async () => {
      expect((await create()).specVersion).toBe(1);
    });

    test('books what was used and sums it by any part of a scope', async () => {
      const ledger = await create();
      await spend(ledger, { run: 'r1', agent: 'a' }, tokens(100, 10, 5));
      await spend(ledger, { agent: 'b', run: 'r1' }, tokens(1, 2, 3));
      await spend(ledger, { run: 'r2' }, tokens(7, 7, 7));
      expect(ledger.usage({ run: 'r1' })).toEqual(tokens(101, 12, 8));
      expect(ledger.usage({ run: 'r1', agent: 'b' })).toEqual(tokens(1, 2, 3));
      expect(ledger.usage()).toEqual(tokens(108, 19, 15));
      expect(ledger.usage({ run: 'r3' })).toEqual(tokens(0, 0, 0));
    });

    test('refuses what does not fit beside what is used and what is set aside, and says the figures', async () => {
      const ledger = await create();
      await spend(ledger, {}, tokens(30, 0, 3), 100);
      expect(await ledger.reserve(reservation(tokens(50, 0, 5), 100))).toEqual({ status: 'reserved' });
      expect(await ledger.reserve(reservation(tokens(21, 0, 2), 100))).toEqual({
        status: 'refused',
        refusal: { budget: 'run', unit: 'tokens', limit: 100, used: 30, reserved: 50, asked: 21 },
      });
      expect(await ledger.reserve(reservation(tokens(20, 0, 2), 100))).toEqual({ status: 'reserved' });
    });

    test('refuses by money to the nano-USD, and everything whose cost nobody knows', async () => {
      const ledger = await create();
      const budgets = [{ name: 'run', key: 'money', limitNanoUsd: 10 }];
      const ask = (costNanoUsd: Usage['costNanoUsd']): Promise<unknown> => ledger.reserve({ ...reservation({ ...tokens(1, 1, 0), costNanoUsd }), budgets });
      expect(await ask('unknown')).toMatchObject({ status: 'refused', refusal: { unit: 'nanoUsd', limit: 10 } });
      expect(await ask(11)).toMatchObject({ status: 'refused' });
      expect(await ask(10)).toEqual({ status: 'reserved' });
      expect(await ask(1)).toMatchObject({ status: 'refused', refusal: { reserved: 10 } });
    });

    test('sets aside in every budget or in none', async () => {
      const ledger = await create();
      const wide = { name: 'run', key: 'wide', limitTokens: 100 };
      const narrow = { name: 'agent', key: 'narrow', limitTokens: 10 };
      expect(await ledger.reserve({ ...reservation(tokens(50, 0, 0)), budgets: [wide, narrow] })).toMatchObject({ status: 'refused', refusal: { budget: 'agent' } });
      expect(await ledger.reserve({ ...reservation(tokens(100, 0, 0)), budgets: [wide] })).toEqual({ status: 'reserved' });
    });

    test('gives back what was not used', async () => {
      const ledger = await create();
      const held = reservation(tokens(90, 0, 0), 100);
      await ledger.reserve(held);
      await ledger.settle(held.id, [line(tokens(10, 5, 1))]);
      expect(await ledger.reserve(reservation(tokens(86, 0, 0), 100))).toMatchObject({ status: 'refused', refusal: { used: 15, reserved: 0 } });
      expect(await ledger.reserve(reservation(tokens(85, 0, 0), 100))).toEqual({ status: 'reserved' });
    });

    test('books a reservation once, however often it is settled', async () => {
      const ledger = await create();
      const held = reservation(tokens(90, 0, 0), 100);
      await ledger.reserve(held);
      const lines = [line(tokens(10, 5, 1))];
      await ledger.settle(held.id, lines);
      await ledger.settle(held.id, lines);
      await ledger.settle(randomUUID(), []);
      expect(ledger.usage()).toEqual(tokens(10, 5, 1));
    });

    test('keeps an unknown cost unknown and an estimate marked', async () => {
      const ledger = await create();
      await spend(ledger, { run: 'r' }, { ...tokens(1, 1, 0), costNanoUsd: 'unknown', estimated: true });
      await spend(ledger, { run: 'r' }, tokens(1, 1, 9));
      expect(ledger.usage({ run: 'r' })).toMatchObject({ costNanoUsd: 'unknown', estimated: true });
    });

    test('never gives out more than there is to many who ask at once', async () => {
      const ledger = await create();
      const answers = await Promise.all(Array.from({ length: 50 }, () => ledger.reserve(reservation(tokens(7, 0, 0), 100))));
      expect(answers.filter((answer) => answer.status === 'reserved')).toHaveLength(14);
    });
  });
}

function tokens(inputTokens: number, outputTokens: number, costNanoUsd: number): Usage {
  return { inputTokens, outputTokens, cacheReadTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0, estimated: false, costNanoUsd };
}

function reservation(bound: Usage, limitTokens?: number, scope: CallScope = {}): Reservation {
  const budgets = limitTokens === undefined ? [] : [{ name: 'run', key: 'run', limitTokens }];
  return { id: randomUUID(), model: 'p/m', scope, bound, budgets };
}

function line(usage: Usage, scope: CallScope = {}): LedgerLine {
  return { id: randomUUID(), model: 'p/m', scope, startedAt: 1, durationMs: 1, usage };
}

async function spend(ledger: Ledger, scope: CallScope, usage: Usage, limitTokens?: number): Promise<void> {
  const held = reservation(usage, limitTokens, scope);
  await ledger.reserve(held);
  await ledger.settle(held.id, [line(usage, scope)]);
}
