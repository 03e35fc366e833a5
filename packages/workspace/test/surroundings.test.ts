import { chmodSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { copyWorkspace, createWorkspace, detectSandbox, openWorkspace } from '../src/index.ts';
import { fingerprint, git, temporaryFolder, writeFiles } from './temporary-folder.ts';

const found = await detectSandbox();

/** A project of three packages with packages installed at its root. */
function project(options: { readonly withGit: boolean }): string {
  const directory = temporaryFolder();
  writeFiles(directory, {
    'package.json': '{"workspaces":["packages/*"]}',
    'tsconfig.base.json': '{"compilerOptions":{"strict":true}}',
    '.env': 'SECRET=canary-root',
    '.gitignore': 'node_modules\ndist\nuntracked.json\n',
    'packages/shared.js': 'module.exports = "shared"',
    'packages/app/package.json': '{"dependencies":{"@scope/lib":"*","dep":"*"}}',
    'packages/app/tsconfig.json': '{"extends":"../../tsconfig.base.json"}',
    'packages/app/index.js': 'console.log(require("dep"), require("@scope/lib"), require("../shared.js"))',
    'packages/lib/package.json': '{"name":"@scope/lib","main":"dist/index.js","dependencies":{"@scope/core":"*"}}',
    'packages/lib/dist/index.js': 'module.exports = "lib " + require("@scope/core")',
    'packages/lib/.env': 'SECRET=canary-lib',
    'packages/core/index.js': 'module.exports = "core"',
    'packages/other/index.js': 'canary-other',
    'node_modules/dep/index.js': 'module.exports = "dep"',
    'node_modules/tool/cli.js': '#!/usr/bin/env node\nconsole.log("tool")',
  });
  mkdirSync(join(directory, 'node_modules/@scope'));
  mkdirSync(join(directory, 'node_modules/.bin'));
  for (const name of ['app', 'lib', 'core', 'other']) symlinkSync(`../../packages/${name}`, join(directory, 'node_modules/@scope', name));
  symlinkSync('../tool/cli.js', join(directory, 'node_modules/.bin/tool'));
  chmodSync(join(directory, 'node_modules/tool/cli.js'), 0o755);
  if (options.withGit) {
    git(directory, 'init', '-q');
    git(directory, 'add', '.');
    git(directory, 'commit', '-q', '-m', 'first');
    writeFileSync(join(directory, 'untracked.json'), '{}');
  }
  return directory;
}

it('what lies beside all packages is there as well, and finds the folder itself by its name', async () => {
  const directory = project({ withGit: true });
  writeFiles(directory, {
    'tools/setup.js': 'module.exports = require("@scope/app")', 'tools/.env': 'SECRET=canary', 'tools/big.bin': 'x'.repeat(2 * 1024 * 1024),
    'packages/app/package.json': '{"name":"@scope/app","main":"main.js"}', 'packages/app/main.js': 'module.exports = "as found"',
  });
  git(directory, 'add', '-A');
  git(directory, 'commit', '-q', '-m', 'second');
  const workspace = await createWorkspace({ directory: join(directory, 'packages/app'), storage: join(temporaryFolder(), 'storage') });
  await workspace.write('main.js', 'module.exports = "changed"');
  expect((await workspace.run(['node', '-p', 'require("../../tools/setup.js")'])).output).toBe('changed\n');
  expect((await workspace.run(['ls', '-A', '../../tools'])).output).toBe('setup.js\n');
  await workspace.close();
});

describe.each(found.available ? (['required', 'off'] as const) : (['off'] as const))('a folder of a project, with the sandbox %s', (sandbox) => {
  it.each([true, false])('has what its project gives it, and is the whole tree (git: %s)', async (withGit) => {
    const directory = project({ withGit });
    const before = fingerprint(directory);
    const storage = join(temporaryFolder(), 'storage');
    const workspace = await createWorkspace({ directory: join(directory, 'packages/app'), storage, sandbox });
    expect(await workspace.files(workspace.base)).toEqual(['index.js', 'package.json', 'tsconfig.json']);
    expect(await workspace.snapshot()).toBe(workspace.base);
    expect((await workspace.run(['node', 'index.js'])).output).toBe('dep lib core shared\n');
    expect((await workspace.run(['tool'])).output).toBe('tool\n');
    expect((await workspace.run(['cat', '../../tsconfig.base.json'])).output).toContain('strict');
    expect((await workspace.run(['sh', '-c', 'ls -A ../..; cat ../../.env'])).output).not.toContain('canary');
    if (withGit) expect(existsSync(join(workspace.root, '../../untracked.json'))).toBe(false);
    await expect(workspace.read('../../tsconfig.base.json')).rejects.toMatchObject({ code: 'FW_WORKSPACE_OUTSIDE' });
    await workspace.write('index.js', 'console.log("changed")');
    await workspace.restore(workspace.base);
    expect((await workspace.run(['node', 'index.js'])).output).toBe('dep lib core shared\n');
    const copy = await workspace.checkout(workspace.base);
    expect((await copy.run(['node', 'index.js'])).output).toBe('dep lib core shared\n');
    expect(await copy.snapshot()).toBe(workspace.base);
    await copy.close();
    await workspace.close();
    const again = await openWorkspace({ storage, sandbox });
    expect((await again.run(['node', 'index.js'])).output).toBe('dep lib core shared\n');
    await again.close();
    const second = join(temporaryFolder(), 'second');
    await copyWorkspace({ from: storage, to: second });
    const carried = await openWorkspace({ storage: second, sandbox });
    expect((await carried.run(['node', 'index.js'])).output).toBe('dep lib core shared\n');
    await carried.close();
    expect(fingerprint(directory)).toEqual(before);
  });
});

it.skipIf(!found.available)('in the sandbox only what the folder depends on can be read, without its secrets, and nothing of it written', async () => {
  const directory = project({ withGit: true });
  const workspace = await createWorkspace({ directory: join(directory, 'packages/app'), storage: join(temporaryFolder(), 'storage'), sandbox: 'required' });
  const { output } = await workspace.run([
    'sh',
    '-c',
    'cat "$1/packages/lib/.env" "$1/packages/other/index.js" "$1/.env"; echo x > "$1/packages/lib/new.js"; echo x > ../../tsconfig.base.json; echo x > ../new.js; echo x > index.js && echo written',
    'sh',
    directory,
  ]);
  expect(output).not.toContain('canary');
  expect(output).toContain('written');
  expect(existsSync(join(directory, 'packages/lib/new.js'))).toBe(false);
  expect((await workspace.run(['cat', '../../tsconfig.base.json'])).output).toContain('strict');
  await workspace.close();
});

it('a folder that its repository ignores stands alone', async () => {
  const directory = temporaryFolder();
  writeFiles(directory, { '.gitignore': 'work\n', 'package.json': '{}', 'work/a.js': '1' });
  git(directory, 'init', '-q');
  git(directory, 'add', '.');
  const workspace = await createWorkspace({ directory: join(directory, 'work'), storage: join(temporaryFolder(), 'storage'), sandbox: 'off' });
  expect(existsSync(join(workspace.root, '../package.json'))).toBe(false);
  await workspace.close();
});
