import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { concludeOnce } from '../src/conclude-once.ts';

let folder = '';
beforeEach(async () => { folder = await mkdtemp(path.join(os.tmpdir(), 'fw-conclude-')); });
afterEach(() => rm(folder, { recursive: true, force: true }));

it('one of many that see the end of a run writes it; the others take what it wrote', async () => {
  let written: number | undefined;
  let writers = 0;
  const all = await Promise.all(Array.from({ length: 8 }, () => concludeOnce(folder, async () => written, async () => {
    writers++;
    await new Promise((resolve) => { setImmediate(resolve); });
    return (written = 7);
  })));
  expect([writers, new Set(all)]).toEqual([1, new Set([7])]);
});

it('goes on where the one that wrote has died, and where it failed', async () => {
  await writeFile(path.join(folder, 'concluding'), `${os.hostname()}|${2 ** 22 + 1}|`);
  await expect(concludeOnce(folder, async () => undefined, async () => { throw new Error('disk full'); })).rejects.toThrow('disk full');
  expect(await concludeOnce(folder, async () => undefined, async () => 'written')).toBe('written');
});
