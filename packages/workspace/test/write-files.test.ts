import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TaskWorkspace } from '@fw/agents-core';
import { describe, expect, it } from 'vitest';
import { createWorkspace, openWorkspace } from '../src/index.ts';
import { runAndKill } from './run-and-kill.ts';
import { temporaryFolder, writeFiles } from './temporary-folder.ts';

async function workspaceOf(files: { readonly [file: string]: string }): Promise<TaskWorkspace> {
  const directory = temporaryFolder();
  writeFiles(directory, files);
  return createWorkspace({ directory, storage: join(temporaryFolder(), 'storage'), sandbox: 'off' });
}

describe('writes together', () => {
  it('are made all', async () => {
    const workspace = await workspaceOf({ 'a.js': '1', 'b.js': '2', 'tool.sh': 'x' });
    chmodSync(join(workspace.root, 'tool.sh'), 0o755);
    await workspace.writeAll([
      { type: 'write', file: 'a.js', content: 'one' },
      { type: 'remove', file: 'b.js' },
      { type: 'write', file: 'new/deep/c.js', content: 'three' },
      { type: 'write', file: 'moved.sh', content: 'x', like: 'tool.sh' },
      { type: 'remove', file: 'tool.sh' },
    ]);
    expect(await workspace.files(await workspace.snapshot())).toEqual(['a.js', 'moved.sh', 'new/deep/c.js']);
    expect(statSync(join(workspace.root, 'moved.sh')).mode & 0o111).toBe(0o111);
    expect(readdirSync(join(workspace.root, '..'))).not.toContain('pending');
    await workspace.close();
  });

  it.each([
    ['leads out', { type: 'write', file: 'out/x.js', content: '' }, 'FW_WORKSPACE_OUTSIDE'],
    ['is not there', { type: 'remove', file: 'none.js' }, 'FW_WORKSPACE_NOT_FOUND'],
    ['is a folder', { type: 'write', file: 'sub', content: '' }, 'FW_WORKSPACE_INVALID'],
    ['would lie in a file', { type: 'write', file: 'a.js/b.js', content: '' }, 'FW_WORKSPACE_INVALID'],
    ['is written twice', { type: 'write', file: './a.js', content: '' }, 'FW_WORKSPACE_INVALID'],
    ['would lie in one that is written', { type: 'write', file: 'new/x', content: '' }, 'FW_WORKSPACE_INVALID'],
    ['has too long a name', { type: 'write', file: 'x'.repeat(300), content: '' }, 'FW_WORKSPACE_INVALID'],
    ['is git’s own', { type: 'write', file: 'sub/.Git./config', content: '' }, 'FW_WORKSPACE_DENIED'],
  ] as const)('are none when a path %s', async (_why, wrong, code) => {
    const workspace = await workspaceOf({ 'a.js': '1', 'sub/b.js': '2' });
    symlinkSync('/tmp', join(workspace.root, 'out'));
    const before = await workspace.snapshot();
    await expect(workspace.writeAll([{ type: 'write', file: 'a.js', content: 'one' }, { type: 'write', file: 'new', content: '' }, wrong])).rejects.toMatchObject({ code });
    expect(await workspace.snapshot()).toBe(before);
    await workspace.close();
  });

  it('go to the file that a link inside names; removing a link leaves that file', async () => {
    const workspace = await workspaceOf({ 'a.js': '1' });
    symlinkSync('a.js', join(workspace.root, 'link.js'));
    await workspace.writeAll([{ type: 'write', file: 'link.js', content: 'through' }]);
    expect(readlinkSync(join(workspace.root, 'link.js'))).toBe('a.js');
    await workspace.writeAll([{ type: 'remove', file: 'link.js' }]);
    expect(await workspace.read('a.js')).toBe('through');
    await workspace.close();
  });

  it('that fail half way are undone', async () => {
    const workspace = await workspaceOf({ 'a.js': '1', 'b.js': '2', 'sub/c.js': '3' });
    const before = await workspace.snapshot();
    // Longer than a path may be, which only the system notices, and only at the last one.
    const making = workspace.writeAll([
      { type: 'write', file: 'a.js', content: 'one' },
      { type: 'remove', file: 'b.js' },
      { type: 'write', file: 'new/d.js', content: 'four' },
      { type: 'write', file: `sub/${'d/'.repeat(2_100)}c.js`, content: 'three' },
    ]);
    await expect(making).rejects.toMatchObject({ code: 'FW_WORKSPACE_INVALID' });
    expect(await workspace.snapshot()).toBe(before);
    expect(existsSync(join(workspace.root, 'new'))).toBe(false);
    expect(existsSync(join(workspace.root, '../pending'))).toBe(false);
    await workspace.close();
  });
});

it('after a kill the files are all as before or all as after, whenever it came', async () => {
  const directory = temporaryFolder();
  const storage = join(temporaryFolder(), 'storage');
  const names = Array.from({ length: 40 }, (_, index) => `d${index % 7}/f${index}.txt`);
  writeFiles(directory, Object.fromEntries(names.map((name) => [name, 'round 0'])));
  await createWorkspace({ directory, storage, sandbox: 'off' });
  for (const delayMs of [0, 1, 2, 3, 5, 8, 13, 21]) {
    await runAndKill(
      `
      const workspace = await openWorkspace({ storage: ${JSON.stringify(storage)}, sandbox: 'off' });
      const names = ${JSON.stringify(names)};
      console.log('begin');
      for (let round = 1; ; round++) await workspace.writeAll([...names.map((file) => ({ type: 'write', file, content: 'round ' + round })), round % 2 ? { type: 'write', file: 'extra/x.txt', content: 'round ' + round } : { type: 'remove', file: 'extra/x.txt' }]);`,
      1,
      delayMs,
    );
    const workspace = await openWorkspace({ storage, sandbox: 'off' });
    const rounds = new Set(names.map((name) => readFileSync(join(workspace.root, name), 'utf8')));
    expect([...rounds]).toHaveLength(1);
    const round = Number([...rounds][0]?.slice('round '.length));
    expect(existsSync(join(workspace.root, 'extra/x.txt'))).toBe(round % 2 === 1);
    expect(existsSync(join(storage, 'pending'))).toBe(false);
    await workspace.restore(workspace.base);
  }
});

it('what another process left half done is undone when it is opened, and by restore', async () => {
  const workspace = await workspaceOf({ 'a.js': '1' });
  const pending = join(workspace.root, '../pending');
  mkdirSync(pending);
  writeFileSync(join(pending, 'old-0'), '1');
  writeFileSync(join(pending, 'undo.json'), JSON.stringify({ process: 2 ** 22 + 1, files: [{ file: 'a.js', kept: 'old-0' }, { file: 'n/new.js' }] }));
  writeFiles(workspace.root, { 'a.js': 'half', 'n/new.js': 'half' });
  const again = await openWorkspace({ storage: join(workspace.root, '..'), sandbox: 'off' });
  expect(await again.snapshot()).toBe(again.base);
  expect(existsSync(join(workspace.root, 'n'))).toBe(false);
  await again.close();
});
