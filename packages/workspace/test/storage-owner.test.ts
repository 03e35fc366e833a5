import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createWorkspace, openWorkspace } from '../src/index.ts';
import { temporaryFolder, writeFiles } from './temporary-folder.ts';

const index = join(import.meta.dirname, '..', 'src', 'index.ts');

async function runScript(script: string): Promise<string> {
  const file = join(temporaryFolder(), 'script.mjs');
  writeFileSync(file, `const { createWorkspace, openWorkspace } = await import(${JSON.stringify(index)});\n${script}`);
  const child = spawn(process.execPath, ['--conditions=@fw/source', file], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.on('data', (bytes: Buffer) => (said += bytes.toString('utf8')));
  await once(child, 'close');
  return said.trim();
}

describe('two processes on one storage', () => {
  it('make it once', async () => {
    const directory = temporaryFolder();
    const storage = join(temporaryFolder(), 'storage');
    writeFiles(directory, Object.fromEntries(Array.from({ length: 300 }, (_, number) => [`f${number}`, `${number}`])));
    const make = `const workspace = await createWorkspace({ directory: ${JSON.stringify(directory)}, storage: ${JSON.stringify(storage)}, sandbox: 'off' }); console.log(workspace.base, (await workspace.files(workspace.base)).length);`;
    const said = await Promise.all([runScript(make), runScript(make), createWorkspace({ directory, storage, sandbox: 'off' }), createWorkspace({ directory, storage, sandbox: 'off' })]);
    expect(new Set([said[0], said[1], `${said[2].base} 300`, `${said[3].base} 300`]).size).toBe(1);
  });

  it('do not write at the same time: the one that began last goes on', async () => {
    const directory = temporaryFolder();
    const storage = join(temporaryFolder(), 'storage');
    writeFiles(directory, { 'a.txt': '1' });
    const first = await createWorkspace({ directory, storage, sandbox: 'off' });
    await first.write('a.txt', 'first');
    const tree = await first.snapshot();
    const said = await runScript(`
      const workspace = await openWorkspace({ storage: ${JSON.stringify(storage)}, sandbox: 'off' });
      console.log(await workspace.read('a.txt'));
      await workspace.write('a.txt', 'second');`);
    expect(said).toBe('first');
    for (const work of [() => first.write('b.txt', ''), () => first.run(['true']), () => first.restore(first.base), () => first.snapshot()])
      await expect(work()).rejects.toMatchObject({ code: 'FW_WORKSPACE_STORAGE', message: expect.stringMatching(/Process \d+ works in/) });
    // What is stored can be read by anybody.
    expect(await first.show(tree, 'a.txt')).toBe('first');
    const again = await openWorkspace({ storage, sandbox: 'off' });
    expect(await again.read('a.txt')).toBe('second');
    await again.restore(tree);
    expect(await again.read('a.txt')).toBe('first');
  });

  it('do not take the files from each other by closing', async () => {
    const directory = temporaryFolder();
    const storage = join(temporaryFolder(), 'storage');
    writeFiles(directory, { 'a.txt': '1' });
    const first = await createWorkspace({ directory, storage, sandbox: 'off' });
    await first.write('a.txt', '2');
    await runScript(`
      const workspace = await openWorkspace({ storage: ${JSON.stringify(storage)}, sandbox: 'off' });
      await workspace.diff(workspace.base, workspace.base);
      await workspace.close();`);
    expect(await first.read('a.txt')).toBe('2');
  });
});

describe.skipIf(process.platform !== 'linux' || process.getuid?.() !== 0)('on a full disk', () => {
  it('nothing is half written, and work goes on when there is room again', async () => {
    const directory = temporaryFolder();
    const disk = join(temporaryFolder(), 'disk');
    writeFiles(directory, { 'a.txt': '1' });
    mkdirSync(disk);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', disk], { stdio: 'ignore' });
    } catch {
      // A container may not mount.
      return;
    }
    try {
      const workspace = await createWorkspace({ directory, storage: join(disk, 'storage'), sandbox: 'off' });
      await workspace.run(['sh', '-c', 'head -c 2500000 /dev/urandom > big']);
      const full = { code: 'FW_WORKSPACE_DISK_FULL', retryable: true };
      await expect(workspace.snapshot()).rejects.toMatchObject(full);
      await expect(workspace.write('a.txt', 'x'.repeat(600_000))).rejects.toMatchObject(full);
      await expect(workspace.writeAll([{ type: 'write', file: 'a.txt', content: '2' }, { type: 'write', file: 'b.txt', content: 'x'.repeat(600_000) }])).rejects.toMatchObject(full);
      expect(await workspace.read('a.txt')).toBe('1');
      await workspace.restore(workspace.base);
      await workspace.write('a.txt', '2');
      expect(await workspace.show(await workspace.snapshot(), 'a.txt')).toBe('2');
      writeFileSync(join(directory, 'huge'), Buffer.alloc(4_000_000));
      await expect(createWorkspace({ directory, storage: join(disk, 'other'), sandbox: 'off' })).rejects.toMatchObject(full);
      await workspace.close();
    } finally {
      execFileSync('umount', ['-l', disk]);
    }
  });
});
