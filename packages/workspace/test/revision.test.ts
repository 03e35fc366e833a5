import { chmodSync, existsSync, lstatSync, mkdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { TaskWorkspace } from '@fw/agents-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createWorkspace, openWorkspace, type WorkspaceOptions } from '../src/index.ts';
import { fingerprint, git, temporaryFolder, writeFiles } from './temporary-folder.ts';


function repository(files: { readonly [file: string]: string }): string {
  const directory = temporaryFolder();
  writeFiles(directory, files);
  git(directory, 'init', '-q');
  commit(directory, 'first');
  return directory;
}

function commit(directory: string, message: string): void {
  git(directory, 'add', '-f', '-A');
  git(directory, 'commit', '-q', '-m', message);
}

async function open(directory: string, revision: string, options: Partial<WorkspaceOptions> = {}): Promise<TaskWorkspace> {
  const workspace = await createWorkspace({
    directory,
    storage: join(temporaryFolder(), 'storage'),
    sandbox: 'off',
    revision,
    ...options,
  });
  onTestFinished(() => workspace.close());
  return workspace;
}

describe('a base that is a revision', () => {
  it('is compared with the tree as found, which may be dirty', async () => {
    const directory = repository({ 'a.js': 'one', 'gone.js': 'x', 'same.js': 's', 'forced.log': 'l', '.gitignore': '*.log\n' });
    writeFiles(directory, { 'a.js': 'two' });
    commit(directory, 'second');
    writeFiles(directory, { 'a.js': 'three', 'new.js': 'n' });
    rmSync(join(directory, 'gone.js'));
    const before = fingerprint(directory);
    const workspace = await open(directory, 'HEAD~1');
    expect(await workspace.files(workspace.base)).toEqual(['.gitignore', 'a.js', 'forced.log', 'gone.js', 'same.js']);
    expect(await workspace.show(workspace.base, 'a.js')).toBe('one');
    expect(await workspace.read('a.js')).toBe('three');
    const tree = await workspace.snapshot();
    expect(await workspace.changes(workspace.base, tree)).toEqual([
      { file: 'a.js', status: 'modified', lines: [1] },
      { file: 'gone.js', status: 'deleted', lines: [] },
      { file: 'new.js', status: 'added', lines: [1] },
    ]);
    const base = await workspace.checkout(workspace.base);
    expect(await base.read('gone.js')).toBe('x');
    expect(await base.snapshot()).toBe(workspace.base);
    expect(fingerprint(directory)).toEqual(before);
  });

  it('does not need the repository any more once it is made, and is found again with the files as they were', async () => {
    const directory = repository({ 'a.js': 'one' });
    writeFiles(directory, { 'a.js': 'two' });
    const storage = join(temporaryFolder(), 'storage');
    const first = await createWorkspace({ directory, storage, sandbox: 'off', revision: 'HEAD' });
    await first.close();
    rmSync(join(directory, '.git'), { recursive: true });
    const again = await openWorkspace({ storage, sandbox: 'off' });
    expect(again.base).toBe(first.base);
    expect(await again.show(again.base, 'a.js')).toBe('one');
    expect(await again.read('a.js')).toBe('two');
    await again.close();
    await expect(createWorkspace({ directory, storage, sandbox: 'off', revision: 'HEAD~1' })).rejects.toMatchObject({
      code: 'FW_WORKSPACE_STORAGE',
      message: expect.stringContaining('"HEAD", not the revision "HEAD~1"'),
    });
  });

  it('of a sub-folder holds that folder only, under names relative to it', async () => {
    const directory = repository({ 'top.js': 't', 'packages/x/a.js': 'one', 'packages/x/deep/b.js': 'b', 'packages/y/c.js': 'c' });
    writeFiles(directory, { 'packages/x/a.js': 'two', 'packages/new/d.js': 'd' });
    const workspace = await open(join(directory, 'packages', 'x'), 'HEAD');
    expect(await workspace.files(workspace.base)).toEqual(['a.js', 'deep/b.js']);
    expect(await workspace.changes(workspace.base, await workspace.snapshot())).toEqual([{ file: 'a.js', status: 'modified', lines: [1] }]);
    const fresh = await open(join(directory, 'packages', 'new'), 'HEAD');
    expect(await fresh.files(fresh.base)).toEqual([]);
  });

  it('can be a commit, branch or tag, of a detached head and of a linked working tree too', async () => {
    const directory = repository({ 'a.js': 'one' });
    git(directory, 'tag', '-a', '-m', 'tagged', 'v1');
    git(directory, 'branch', 'old');
    writeFiles(directory, { 'a.js': 'two' });
    commit(directory, 'second');
    git(directory, 'checkout', '-q', '--detach');
    const hash = git(directory, 'rev-parse', 'v1^{commit}').trim();
    const linked = join(temporaryFolder(), 'linked');
    git(directory, 'worktree', 'add', '-q', '--detach', linked);
    for (const revision of ['v1', 'old', hash, hash.slice(0, 8), 'HEAD^']) {
      const workspace = await open(linked, revision);
      expect(await workspace.show(workspace.base, 'a.js')).toBe('one');
    }
  });

  it('keeps links and executable bits, and leaves out submodules, node_modules and secrets', async () => {
    const inner = repository({ 'inner.js': 'i' });
    const directory = temporaryFolder();
    writeFiles(directory, { '.env': 'KEY=1', 'certs/a.pem': 's', 'run.sh': 'r', 'node_modules/d/index.js': 'd', 'a.js': 'a' });
    chmodSync(join(directory, 'run.sh'), 0o755);
    symlinkSync('a.js', join(directory, 'link.js'));
    git(directory, 'init', '-q');
    git(directory, '-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', inner, 'sub');
    commit(directory, 'first');
    const workspace = await open(directory, 'HEAD');
    expect(await workspace.files(workspace.base)).toEqual(['.gitmodules', 'a.js', 'link.js', 'run.sh']);
    const base = await workspace.checkout(workspace.base);
    expect(lstatSync(join(base.root, 'run.sh')).mode & 0o111).not.toBe(0);
    expect(readlinkSync(join(base.root, 'link.js'))).toBe('a.js');
    const listed = await open(directory, 'HEAD', { include: ['certs/*.pem'] });
    expect(await listed.files(listed.base)).toEqual(['.gitmodules', 'a.js', 'certs/a.pem', 'link.js', 'run.sh']);
  });

  it('runs nothing that the repository asks for', async () => {
    const directory = repository({ 'a.txt': 'one\n', '.gitattributes': '* filter=evil text eol=crlf ident\n' });
    for (const [name, value] of [
      ['filter.evil.smudge', 'touch ran'],
      ['filter.evil.clean', 'touch ran'],
      ['core.fsmonitor', 'touch ran'],
      ['core.hooksPath', 'hooks'],
    ] as const)
      git(directory, 'config', name, value);
    mkdirSync(join(directory, 'hooks'));
    const workspace = await open(directory, 'HEAD');
    expect(await workspace.show(workspace.base, 'a.txt')).toBe('one\n');
    expect(existsSync(join(directory, 'ran'))).toBe(false);
  });
});

describe('a revision that is not there', () => {
  it('is refused by name before anything is copied', async () => {
    const directory = repository({ 'a.js': 'one' });
    const storage = join(temporaryFolder(), 'storage');
    for (const revision of ['missing', 'HEAD~5', '0'.repeat(40), '--help', '', 'a\nb', 'HEAD:a.js']) {
      await expect(createWorkspace({ directory, storage, sandbox: 'off', revision })).rejects.toMatchObject({
        code: 'FW_WORKSPACE_REVISION',
        message: expect.stringContaining(JSON.stringify(revision)),
      });
    }
    expect(existsSync(join(storage, 'copy'))).toBe(false);
  });

  it('is refused where there is no repository, or no commit', async () => {
    const directory = temporaryFolder();
    writeFiles(directory, { 'a.js': '1' });
    await expect(open(directory, 'HEAD')).rejects.toMatchObject({ code: 'FW_WORKSPACE_REVISION', message: expect.stringContaining('no git repository') });
    git(directory, 'init', '-q');
    await expect(open(directory, 'HEAD')).rejects.toMatchObject({ code: 'FW_WORKSPACE_REVISION' });
  });

  it('is refused in a shallow clone with the way out, while its head can be had', async () => {
    const directory = repository({ 'a.js': 'one' });
    writeFiles(directory, { 'a.js': 'two' });
    commit(directory, 'second');
    const shallow = join(temporaryFolder(), 'shallow');
    git(directory, 'clone', '-q', '--depth', '1', `file://${directory}`, shallow);
    const workspace = await open(shallow, 'HEAD');
    expect(await workspace.show(workspace.base, 'a.js')).toBe('two');
    await expect(open(shallow, 'HEAD~1')).rejects.toMatchObject({ code: 'FW_WORKSPACE_REVISION', message: expect.stringContaining('--unshallow') });
  });

  it('is refused when the repository lost its files, or when it is too large', async () => {
    const directory = repository({ 'a.js': 'one', 'b.js': 'b' });
    await expect(open(directory, 'HEAD', { maxFiles: 1 })).rejects.toMatchObject({ code: 'FW_WORKSPACE_TOO_LARGE' });
    const blob = git(directory, 'rev-parse', 'HEAD:a.js').trim();
    rmSync(join(directory, '.git', 'objects', blob.slice(0, 2), blob.slice(2)));
    writeFiles(directory, { 'a.js': 'two' });
    await expect(open(directory, 'HEAD')).rejects.toMatchObject({ code: 'FW_WORKSPACE_REVISION' });
  });
});
