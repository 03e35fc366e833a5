import { expect, it } from 'vitest';
import { createMutex } from '../src/mutex.ts';

it('what shares runs side by side, after what came before and before what comes later; failures stop nobody', async () => {
  const mutex = createMutex();
  const log: string[] = [];
  const work = (name: string, fails = false) => async (): Promise<void> => {
    log.push(`begin ${name}`);
    await new Promise(setImmediate);
    log.push(`end ${name}`);
    if (fails) throw new Error(name);
  };
  const all = [mutex(work('write 1', true)), mutex.shared(work('read 1')), mutex.shared(work('read 2', true)), mutex(work('write 2')), mutex.shared(work('read 3'))];
  expect((await Promise.allSettled(all)).map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
  expect(log).toEqual(['begin write 1', 'end write 1', 'begin read 1', 'begin read 2', 'end read 1', 'end read 2', 'begin write 2', 'end write 2', 'begin read 3', 'end read 3']);
});
