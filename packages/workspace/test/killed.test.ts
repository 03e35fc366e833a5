import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createWorkspace, openWorkspace } from '../src/index.ts';
import { runAndKill } from './run-and-kill.ts';
import { temporaryFolder, writeFiles } from './temporary-folder.ts';

it('restores every tree that was snapshotted before a kill, whatever was half done', async () => {
  const directory = temporaryFolder();
  const storage = join(temporaryFolder(), 'storage');
  writeFiles(directory, Object.fromEntries(Array.from({ length: 400 }, (_, number) => [`d${number % 20}/f${number}.txt`, `${number}\n`])));
  const { base } = await createWorkspace({ directory, storage, sandbox: 'off' });
  const script = `
    import { rmSync, writeFileSync, mkdirSync } from 'node:fs';
    const workspace = await openWorkspace({ storage: ${JSON.stringify(storage)}, sandbox: 'off' });
    for (let round = 0; ; round++) {
      for (let n = 0; n < 400; n += 7) { mkdirSync(workspace.root + '/d' + (n % 20), { recursive: true }); writeFileSync(workspace.root + '/d' + (n % 20) + '/f' + n + '.txt', process.pid + ' ' + round + ' ' + n); }
      rmSync(workspace.root + '/d' + (round % 20), { recursive: true, force: true });
      writeFileSync(workspace.root + '/extra' + round, 'x');
      console.log(await workspace.snapshot());
      await workspace.restore(workspace.base);
      console.log('restored');
    }`;
  for (const [lines, delayMs] of [
    [1, 0],
    [1, 3],
    [1, 8],
    [2, 2],
    [2, 12],
    [3, 5],
    [4, 9],
  ] as const) {
    const said = await runAndKill(script, lines, delayMs);
    const trees = said.filter((line) => /^[0-9a-f]{40}$/.test(line));
    const workspace = await openWorkspace({ storage, sandbox: 'off' });
    expect(workspace.base).toBe(base);
    for (const tree of [...trees.slice(-2), base]) {
      await workspace.restore(tree);
      const files = readdirSync(workspace.root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
      expect(files).toHaveLength((await workspace.files(tree)).length);
      // With an index that knows nothing, every byte is read again.
      rmSync(join(storage, 'git', 'index'));
      expect(await workspace.snapshot()).toBe(tree);
    }
  }
});

it('makes the workspace anew after a kill in the middle of making it', async () => {
  const directory = temporaryFolder();
  writeFiles(
    directory,
    Object.fromEntries(Array.from({ length: 2_000 }, (_, number) => [`d${number % 50}/f${number}.txt`, `${number}\n`])),
  );
  const reference = await createWorkspace({ directory, storage: join(temporaryFolder(), 'storage'), sandbox: 'off' });
  const storage = join(temporaryFolder(), 'storage');
  for (const delayMs of [20, 60, 120, 200]) {
    rmSync(storage, { recursive: true, force: true });
    await runAndKill(
      `console.log('begin'); await createWorkspace({ directory: ${JSON.stringify(directory)}, storage: ${JSON.stringify(storage)}, sandbox: 'off' });`,
      1,
      delayMs,
    );
    mkdirSync(storage, { recursive: true });
    const workspace = await createWorkspace({ directory, storage, sandbox: 'off' });
    expect(workspace.base).toBe(reference.base);
    expect(await workspace.snapshot()).toBe(reference.base);
    await workspace.close();
  }
});

it('what git was about to do for a killed process is not done any more', async () => {
  const directory = temporaryFolder();
  const storage = join(temporaryFolder(), 'storage');
  writeFiles(directory, { 'a.txt': '1' });
  const first = await createWorkspace({ directory, storage, sandbox: 'off' });
  await first.write('late.txt', 'late');
  const late = await first.snapshot();
  const slow = join(temporaryFolder(), 'git');
  writeFileSync(slow, '#!/bin/sh\ncase "$*" in *read-tree*) echo asked >&2; sleep 1;; esac\nexec git "$@"\n', { mode: 0o755 });
  await runAndKill(
    `
    const workspace = await openWorkspace({ storage: ${JSON.stringify(storage)}, sandbox: 'off', git: ${JSON.stringify(slow)} });
    console.log('begin');
    await workspace.restore(${JSON.stringify(late)});`,
    1,
    300,
  );
  const workspace = await openWorkspace({ storage, sandbox: 'off' });
  await workspace.restore(workspace.base);
  await workspace.run(['sleep', '1.2']);
  expect(await workspace.snapshot()).toBe(workspace.base);
  await workspace.close();
});
