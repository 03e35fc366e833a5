import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createWorkspace, openWorkspace } from '../src/index.ts';
import { fingerprint, git, temporaryFolder, writeFiles } from './temporary-folder.ts';


describe('the base', () => {
  it('is the tree as found: tracked, changed and new files, but not ignored ones', async () => {
    const directory = temporaryFolder();
    writeFiles(directory, { 'kept.js': '1', 'changed.js': 'old', 'gone.js': '1', 'forced.log': 'tracked', '.gitignore': '*.log\ndist\n' });
    git(directory, 'init', '-q');
    git(directory, 'add', '-f', '.');
    git(directory, 'commit', '-q', '-m', 'first');
    writeFiles(directory, { 'changed.js': 'new', 'untracked.js': '1', 'noise.log': '1', 'dist/out.js': '1' });
    rmSync(join(directory, 'gone.js'));
    const workspace = await createWorkspace({ directory, storage: join(temporaryFolder(), 'storage'), sandbox: 'off' });
    expect(await workspace.files(workspace.base)).toEqual(['.gitignore', 'changed.js', 'forced.log', 'kept.js', 'untracked.js']);
    expect(await workspace.read('changed.js')).toBe('new');
    expect(await workspace.snapshot()).toBe(workspace.base);
    await workspace.close();
  });

  it('can be made of a repository without commits and of a folder without git', async () => {
    for (const withGit of [true, false]) {
      const directory = temporaryFolder();
      writeFiles(directory, { 'a.js': '1', 'sub/b.js': '2', '.gitignore': 'out/\n', 'out/c.js': '3' });
      if (withGit) git(directory, 'init', '-q');
      const workspace = await createWorkspace({ directory, storage: join(temporaryFolder(), 'storage'), sandbox: 'off' });
      expect(await workspace.files(workspace.base)).toEqual(['.gitignore', 'a.js', 'sub/b.js']);
      await workspace.close();
    }
  });

  it('of a folder that a repository above ignores is that folder all the same', async () => {
    const above = temporaryFolder();
    writeFiles(above, { '.gitignore': 'work/\n', 'work/a.js': '1' });
    git(above, 'init', '-q');
    const workspace = await createWorkspace({
      directory: join(above, 'work'),
      storage: join(temporaryFolder(), 'storage'),
      sandbox: 'off',
    });
    expect(await workspace.files(workspace.base)).toEqual(['a.js']);
    await workspace.close();
  });

  it('holds the files of a repository inside the tree', async () => {
    const directory = temporaryFolder();
    writeFiles(directory, { 'a.js': '1', 'inner/b.js': '2', 'inner/.gitignore': 'c.js', 'inner/c.js': '3' });
    git(directory, 'init', '-q');
    git(join(directory, 'inner'), 'init', '-q');
    const workspace = await createWorkspace({ directory, storage: join(temporaryFolder(), 'storage'), sandbox: 'off' });
    expect(await workspace.files(workspace.base)).toEqual(['a.js', 'inner/.gitignore', 'inner/b.js']);
    await workspace.close();
  });

  it('keeps bytes whatever attributes and settings ask for', async () => {
    const directory = temporaryFolder();
    writeFiles(directory, {
      '.gitattributes': '* text=auto eol=crlf ident filter=evil working-tree-encoding=UTF-16\n',
      'a.txt': 'one\r\ntwo\n$Id$\n',
    });
    git(directory, 'init', '-q');
    git(directory, 'config', 'filter.evil.clean', 'touch ran');
    git(directory, 'config', 'core.fsmonitor', 'touch ran');
    const workspace = await createWorkspace({ directory, storage: join(temporaryFolder(), 'storage'), sandbox: 'off' });
    expect(await workspace.show(workspace.base, 'a.txt')).toBe('one\r\ntwo\n$Id$\n');
    await workspace.write('a.txt', 'gone');
    await workspace.restore(workspace.base);
    expect(readFileSync(join(workspace.root, 'a.txt'), 'utf8')).toBe('one\r\ntwo\n$Id$\n');
    expect(existsSync(join(directory, 'ran'))).toBe(false);
    expect(existsSync(join(workspace.root, 'ran'))).toBe(false);
    await workspace.close();
  });

  it('has no secrets unless they are listed', async () => {
    const directory = temporaryFolder();
    const secrets = { '.env': 's', '.env.local': 's', 'certs/key.pem': 's', 'home/id_rsa': 's', 'deep/x.key': 's', 'ignored.txt': 's' };
    writeFiles(directory, { ...secrets, 'a.js': '1', '.env.example': 'KEY=', '.gitignore': 'ignored.txt\n' });
    const workspace = await createWorkspace({ directory, storage: join(temporaryFolder(), 'storage'), sandbox: 'off' });
    expect(await workspace.files(workspace.base)).toEqual(['.env.example', '.gitignore', 'a.js']);
    await workspace.close();
    const listed = await createWorkspace({
      directory,
      storage: join(temporaryFolder(), 'storage'),
      sandbox: 'off',
      include: ['certs/*.pem', 'ignored.txt', '.env'],
    });
    expect(await listed.files(listed.base)).toEqual(['.env', '.env.example', '.gitignore', 'a.js', 'certs/key.pem', 'ignored.txt']);
    await listed.write('ignored.txt', 'changed');
    expect(await listed.snapshot()).not.toBe(listed.base);
    await listed.close();
  });

  it('keeps links without following them', async () => {
    const directory = temporaryFolder();
    const outside = temporaryFolder();
    writeFiles(outside, { 'secret.txt': 'secret' });
    writeFiles(directory, { 'a.js': '1' });
    symlinkSync(outside, join(directory, 'out'));
    symlinkSync('nowhere', join(directory, 'dangling'));
    const workspace = await createWorkspace({ directory, storage: join(temporaryFolder(), 'storage'), sandbox: 'off' });
    expect(await workspace.files(workspace.base)).toEqual(['a.js', 'dangling', 'out']);
    await expect(workspace.read('out/secret.txt')).rejects.toMatchObject({ code: 'FW_WORKSPACE_OUTSIDE' });
    await workspace.close();
  });

  it('can be made of a tree that may not be written', async () => {
    const directory = temporaryFolder();
    writeFiles(directory, { 'a.js': '1', 'sub/b.js': '2' });
    git(directory, 'init', '-q');
    for (const path of ['sub/b.js', 'a.js', 'sub', '']) chmodSync(join(directory, path), path.endsWith('.js') ? 0o444 : 0o555);
    const workspace = await createWorkspace({ directory, storage: join(temporaryFolder(), 'storage'), sandbox: 'off' });
    await workspace.write('sub/b.js', 'changed');
    await workspace.remove('a.js');
    expect(await workspace.changes(workspace.base, await workspace.snapshot())).toHaveLength(2);
    await workspace.close();
    chmodSync(directory, 0o755);
  });
});

describe('refusals before anything is copied', () => {
  it('names the way out of a tree that is too large', async () => {
    const directory = temporaryFolder();
    writeFiles(directory, { 'a.js': 'x'.repeat(1000), 'b.js': 'y', 'c.js': 'z' });
    const storage = join(temporaryFolder(), 'storage');
    await expect(createWorkspace({ directory, storage, maxFiles: 2 })).rejects.toMatchObject({
      code: 'FW_WORKSPACE_TOO_LARGE',
      message: expect.stringMatching(/3 files.*limit is 2.*--workspace packages\/x.*sparse/s),
    });
    await expect(createWorkspace({ directory, storage, maxBytes: 500 })).rejects.toMatchObject({
      code: 'FW_WORKSPACE_TOO_LARGE',
      message: expect.stringContaining('maxBytes'),
    });
    expect(readdirSync(join(storage, 'copy'))).toEqual([]);
    const workspace = await createWorkspace({ directory, storage, maxFiles: 3, sandbox: 'off' });
    await workspace.close();
  });

  it('says what is wrong with the folder', async () => {
    const folder = temporaryFolder();
    writeFiles(folder, { file: '' });
    const storage = join(folder, 'storage');
    await expect(createWorkspace({ directory: join(folder, 'missing'), storage })).rejects.toMatchObject({ code: 'FW_WORKSPACE_MISSING' });
    await expect(createWorkspace({ directory: join(folder, 'file'), storage })).rejects.toMatchObject({
      code: 'FW_WORKSPACE_NOT_A_DIRECTORY',
    });
    await expect(
      createWorkspace({ directory: folder, storage: join(folder, 'other'), git: 'no-such-git', sandbox: 'off' }),
    ).rejects.toMatchObject({ code: 'FW_WORKSPACE_STORAGE' });
    await expect(
      createWorkspace({ directory: folder, storage: join(temporaryFolder(), 's'), git: 'no-such-git', sandbox: 'off' }),
    ).rejects.toMatchObject({ code: 'FW_WORKSPACE_GIT_MISSING' });
    await expect(openWorkspace({ storage: folder })).rejects.toMatchObject({ code: 'FW_WORKSPACE_MISSING' });
  });

  it('takes no storage folder in which something else lies', async () => {
    const directory = temporaryFolder();
    const storage = temporaryFolder();
    writeFiles(storage, { 'git/precious.txt': 'mine' });
    await expect(createWorkspace({ directory, storage })).rejects.toMatchObject({ code: 'FW_WORKSPACE_STORAGE' });
    expect(readFileSync(join(storage, 'git/precious.txt'), 'utf8')).toBe('mine');
  });
});

describe('a second time', () => {
  it('opens the finished workspace with its base, its snapshots and its files', async () => {
    const directory = temporaryFolder();
    const storage = join(temporaryFolder(), 'storage');
    writeFiles(directory, { 'a.js': '1' });
    const first = await createWorkspace({ directory, storage, sandbox: 'off' });
    await first.write('a.js', '2');
    const tree = await first.snapshot();
    await first.write('a.js', '3');
    writeFiles(directory, { 'a.js': 'the user went on', 'new.js': '1' });
    for (const again of [await createWorkspace({ directory, storage, sandbox: 'off' }), await openWorkspace({ storage, sandbox: 'off' })]) {
      expect(again.base).toBe(first.base);
      expect(await again.read('a.js')).toBe('3');
      expect(await again.show(tree, 'a.js')).toBe('2');
    }
    await expect(createWorkspace({ directory: temporaryFolder(), storage })).rejects.toMatchObject({ code: 'FW_WORKSPACE_STORAGE' });
    await first.close();
  });

  it('makes anew what was never finished, and refuses what is damaged', async () => {
    const directory = temporaryFolder();
    const storage = join(temporaryFolder(), 'storage');
    writeFiles(directory, { 'a.js': '1' });
    const first = await createWorkspace({ directory, storage, sandbox: 'off' });
    rmSync(join(storage, 'workspace.json'));
    writeFileSync(join(storage, 'copy', 'half.js'), 'half');
    writeFileSync(join(storage, 'git', 'index.lock'), '');
    const second = await createWorkspace({ directory, storage, sandbox: 'off' });
    expect(second.base).toBe(first.base);
    expect(await second.snapshot()).toBe(first.base);
    rmSync(join(storage, 'git', 'objects'), { recursive: true });
    mkdirSync(join(storage, 'git', 'objects'));
    await expect(openWorkspace({ storage })).rejects.toMatchObject({ code: 'FW_WORKSPACE_CORRUPT' });
    writeFileSync(join(storage, 'workspace.json'), '{"specVersion":2}');
    await expect(openWorkspace({ storage })).rejects.toMatchObject({ code: 'FW_WORKSPACE_CORRUPT' });
  });

  it('has its snapshots after it was closed', async () => {
    const directory = temporaryFolder();
    const storage = join(temporaryFolder(), 'storage');
    writeFiles(directory, { 'a.js': '1' });
    const first = await createWorkspace({ directory, storage, sandbox: 'off' });
    await first.write('a.js', '2');
    const tree = await first.snapshot();
    await first.checkout(tree);
    await first.close();
    await first.close();
    await expect(first.read('a.js')).rejects.toMatchObject({ code: 'FW_WORKSPACE_CLOSED' });
    expect(existsSync(first.root)).toBe(false);
    expect(readdirSync(join(storage, 'checkouts'))).toEqual([]);
    const second = await openWorkspace({ storage, sandbox: 'off' });
    expect(await second.read('a.js')).toBe('1');
    await second.restore(tree);
    expect(await second.read('a.js')).toBe('2');
    await second.close();
  });
});

describe('a command without a sandbox', () => {
  it.each(['ln -s "$1" copy', 'echo x > copy', 'mv "$2" ../moved; ln -s "$1" copy'])('that puts something else in the place of the copy reaches nothing through it: %s', async (command) => {
    const directory = temporaryFolder();
    const victim = temporaryFolder();
    writeFiles(directory, { 'a.txt': '1' });
    writeFiles(victim, { precious: 'x' });
    const workspace = await createWorkspace({ directory, storage: join(temporaryFolder(), 'storage'), sandbox: 'off' });
    await workspace.run(['sh', '-c', `cd ..; rm -rf copy; ${command}`, 'sh', victim, 'copy']);
    expect(await workspace.files(await workspace.snapshot())).toEqual([]);
    await workspace.write('b.txt', '2');
    await workspace.restore(workspace.base);
    expect(readdirSync(victim)).toEqual(['precious']);
    expect(await workspace.snapshot()).toBe(workspace.base);
    expect((await workspace.run(['cat', 'a.txt'])).output).toBe('1');
    await workspace.close();
  });

  it('that puts something else in the place of the storage ends the work', async () => {
    const directory = temporaryFolder();
    const parent = temporaryFolder();
    writeFiles(directory, { 'a.txt': '1' });
    const workspace = await createWorkspace({ directory, storage: join(parent, 'storage'), sandbox: 'off' });
    await workspace.run(['sh', '-c', 'mv "$1/storage" "$1/moved"; ln -s moved "$1/storage"', 'sh', parent]);
    for (const work of [() => workspace.snapshot(), () => workspace.restore(workspace.base), () => workspace.write('b.txt', ''), () => workspace.read('a.txt'), () => workspace.run(['true'])])
      await expect(work()).rejects.toMatchObject({ code: 'FW_WORKSPACE_STORAGE' });
    rmSync(join(parent, 'storage'));
    await expect(workspace.write('b.txt', '')).rejects.toMatchObject({ code: 'FW_WORKSPACE_STORAGE' });
    expect(existsSync(join(parent, 'storage'))).toBe(false);
  });
});

it('gives a patch that git applies for names that are not UTF-8', async () => {
  const directory = temporaryFolder();
  writeFiles(directory, { 'a.txt': '1' });
  const workspace = await createWorkspace({ directory, storage: join(temporaryFolder(), 'storage'), sandbox: 'off' });
  await workspace.run(['sh', '-c', 'printf "x\\n" > "$(printf "bad\\377\\376")"; printf "y\\n" > good']);
  const patch = await workspace.diff(workspace.base, await workspace.snapshot());
  execFileSync('git', ['apply', '-'], { cwd: directory, input: patch, stdio: ['pipe', 'pipe', 'inherit'] });
  expect(readdirSync(directory, { encoding: 'buffer' }).map((name) => name.toString('latin1'))).toEqual(['a.txt', 'bad\xff\xfe', 'good']);
  await workspace.close();
});

it("leaves the user's tree byte for byte as it was, whatever commands do to the copy", async () => {
  const directory = temporaryFolder();
  writeFiles(directory, {
    'a.js': '1',
    'sub/b.js': '2',
    'node_modules/dep/index.js': 'module.exports = 1',
    'node_modules/.bin/tool': '#!/bin/sh\necho tool\n',
  });
  chmodSync(join(directory, 'node_modules/.bin/tool'), 0o755);
  git(directory, 'init', '-q');
  git(directory, 'add', 'a.js');
  git(directory, 'commit', '-q', '-m', 'first');
  const before = fingerprint(directory);
  const workspace = await createWorkspace({ directory, storage: join(temporaryFolder(), 'storage') });
  const destructive = [
    'rm -rf -- * .[a-z]*',
    'git init -q . && git add -A && git -c user.name=a -c user.email=b commit -qm x',
    'find . -type f -exec sh -c \'echo x > "$1"\' sh {} \\;',
    'mv sub moved; ln -s /etc sub',
    'chmod -R 000 . ',
    'rm -rf node_modules/dep; echo bad > node_modules/dep/index.js; echo bad > node_modules/.bin/tool',
    'rm -rf "$PWD"',
    'mkdir -p a.js/x; mkfifo pipe; rm -rf .git',
    'rm -rf "$TREE"',
    'rm -rf "$TREE/.git"; echo bad > "$TREE/.git/config"',
    'echo bad > "$TREE/a.js"; echo bad > "$TREE/new.js"',
    'git -C "$TREE" reset --hard; git -C "$TREE" clean -fdx; git -C "$TREE" gc --prune=now',
    'git -C "$TREE" config core.fsmonitor "touch pwned"; git -C "$TREE" worktree add ../x',
    'mkdir -p "$TREE/.git/hooks"; echo bad > "$TREE/.git/hooks/post-checkout"',
    'chmod -R 777 "$TREE"; chown -R 0:0 "$TREE"; touch "$TREE/a.js"',
    'mv "$TREE" "$TREE.moved"; mkdir "$TREE"',
    'ln -s "$TREE" way; rm -rf way/; rm -rf way/sub; echo bad > way/a.js',
    'ln "$TREE/a.js" hard; echo bad > hard',
    'ln -sf "$TREE/a.js" a.js; echo bad > a.js',
    'ln -s "$TREE/node_modules" link; rm -rf link/*; echo bad > link/dep/index.js',
    'for file in node_modules/*/* node_modules/.bin/*; do echo bad > "$file"; rm -f "$file"; done',
    'find -L . -name "*.js" -delete',
    'find -L . -type f -exec chmod 000 {} +',
    'rm -rf node_modules; mkdir node_modules; echo bad > node_modules/dep',
    'mv node_modules elsewhere; rm -rf elsewhere/dep/*',
    'cp -r node_modules/. copied; rm -rf copied node_modules/.bin',
    'mount --bind /tmp "$TREE"; umount -l "$TREE"',
    'cd /; rm -rf --no-preserve-root * 2>/dev/null; true',
    'dd if=/dev/zero of="$TREE/a.js" bs=1 count=1 conv=notrunc',
    'truncate -s 0 "$TREE/sub/b.js"; truncate -s 1G sparse',
    'sed -i s/1/2/ a.js sub/b.js "$TREE/a.js"',
    'node -e "fs.rmSync(process.env.TREE, { recursive: true, force: true })"',
    'node -e "fs.writeFileSync(require.resolve(\'dep\'), \'bad\')"',
    'node -e "for (const f of fs.readdirSync(\'.\')) fs.renameSync(f, f + \'.old\')"',
    'tar cf - . | (cd "$TREE" && tar xf -)',
    'printf "*\\n" > .gitignore; printf "* filter=bad\\n" > .gitattributes',
    'rm a.js; mkdir a.js; rmdir sub 2>/dev/null; rm -r sub; echo file > sub',
    'touch -d 1970-01-01 a.js "$TREE/a.js"; setfacl -m u:0:--- a.js',
    'mkdir sub/.git; printf "[core]\\n\\tworktree = %s\\n" "$TREE" > sub/.git/config; printf "gitdir: %s/.git\\n" "$TREE" > .git',
    '(setsid sh -c "sleep 0.2; rm -rf $TREE; echo late > a.js" > /dev/null 2>&1 < /dev/null &)',
  ];
  // Without a sandbox a command can do what its user can: only those that stay in the copy are tried.
  const tried = workspace.sandbox === 'bubblewrap' ? destructive : destructive.filter((command) => !/TREE|\bcd \/|node_modules|resolve|find -L/.test(command));
  if (workspace.sandbox === 'bubblewrap') expect(tried).toHaveLength(40);
  for (const command of tried) {
    await workspace.run(['sh', '-c', command], { env: { TREE: directory } });
    expect(await workspace.snapshot()).toMatch(/^[0-9a-f]{40}$/);
    await workspace.restore(workspace.base);
    expect(await workspace.snapshot(), command).toBe(workspace.base);
    expect(await workspace.read('sub/b.js')).toBe('2');
  }
  if (workspace.sandbox === 'bubblewrap') expect(fingerprint(directory)).toEqual(before);
  expect((await workspace.run(['tool'])).output).toBe('tool\n');
  await workspace.close();
});
