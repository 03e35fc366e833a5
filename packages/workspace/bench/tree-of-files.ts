import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder of its own with `count` small source files in folders of 50, removed when the process ends. */
export function treeOfFiles(count: number): string {
  const folder = temporaryFolder();
  for (let number = 0; number < count; number += 1) {
    const parent = join(folder, `package-${Math.floor(number / 500)}`, `folder-${Math.floor(number / 50)}`);
    if (number % 50 === 0) mkdirSync(parent, { recursive: true });
    writeFileSync(join(parent, `file-${number}.ts`), `export const value${number} = ${number};\n`.repeat(20));
  }
  return folder;
}

export function temporaryFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'fw-bench-')));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Runs the works in turn, so that all see the same machine; the median of each in ms. */
export async function medians(rounds: number, works: { readonly [name: string]: () => unknown }): Promise<{ readonly [name: string]: number }> {
  const taken = Object.fromEntries(Object.keys(works).map((name): [string, number[]] => [name, []]));
  for (let round = -1; round < rounds; round += 1) {
    for (const [name, work] of Object.entries(works)) {
      const began = performance.now();
      await work();
      if (round >= 0) taken[name]?.push(performance.now() - began);
    }
  }
  return Object.fromEntries(Object.entries(taken).map(([name, times]) => [name, Math.round((times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0) * 10) / 10]));
}

export function ratio(value: number, floor: number): number {
  return Math.round((value / floor) * 100) / 100;
}
