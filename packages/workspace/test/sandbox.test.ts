import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import type { TaskWorkspace } from '@fw/agents-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createWorkspace, detectSandbox } from '../src/index.ts';
import { temporaryFolder, writeFiles } from './temporary-folder.ts';

const found = await detectSandbox();

async function sandboxed(files: { readonly [file: string]: string } = {}): Promise<TaskWorkspace> {
  const directory = temporaryFolder();
  writeFiles(directory, { 'a.js': '1', ...files });
  return createWorkspace({ directory, storage: join(temporaryFolder(), 'storage'), sandbox: 'required' });
}

it('says why there is no sandbox, or which one', () => {
  expect(found).toEqual(
    found.available
      ? { available: true, version: expect.stringMatching(/^\d+\.\d+/) }
      : { available: false, reason: expect.stringMatching(/.{10}/), advice: expect.stringMatching(/.{10}/) },
  );
});

describe.skipIf(!found.available)('in the sandbox', () => {
  let server: Server;
  beforeAll(async () => {
    server = createServer((socket) => socket.end('reached')).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterAll(() => server.close());

  it('no service of the machine can be reached unless the network is granted', async () => {
    const workspace = await sandboxed();
    const { port } = server.address() as AddressInfo;
    const abstract = createServer((socket) => socket.end('reached')).listen(`\0fw-test-${port}`);
    const udp = createSocket('udp4').bind(0, '127.0.0.1');
    await once(udp, 'listening');
    let datagrams = 0;
    udp.on('message', () => {
      datagrams += 1;
    });
    const script = `
      const net = require('node:net');
      const udp = require('node:dgram').createSocket('udp4');
      udp.send('x', ${udp.address().port}, '127.0.0.1', () => udp.close());
      for (const where of [{ port: ${port}, host: '127.0.0.1' }, { path: '\\0fw-test-${port}' }]) net.connect(where).on('data', (data) => console.log(String(data))).on('error', (error) => console.log(error.code));`;
    const closed = await workspace.run(['node', '-e', script]);
    expect(closed.output.trim().split('\n').sort()).toEqual(['ECONNREFUSED', 'ECONNREFUSED']);
    const granted = await workspace.run(['node', '-e', script], { network: true });
    expect(granted.output).toContain('reached');
    // The second one arrived, and so would the first.
    await expect.poll(() => datagrams).toBe(1);
    udp.close();
    abstract.close();
    await workspace.close();
  });

  it('a server on loopback works for the command itself', async () => {
    const workspace = await sandboxed();
    const script = `const s = require('node:http').createServer((q, r) => r.end('own')).listen(0, '127.0.0.1', async () => { console.log(await (await fetch('http://127.0.0.1:' + s.address().port)).text()); s.close(); });`;
    expect((await workspace.run(['node', '-e', script])).output).toBe('own\n');
    await workspace.close();
  });

  it('a file cannot grow beyond the limit, nor can what lies in memory', async () => {
    const workspace = await sandboxed();
    const huge = await workspace.run(['sh', '-c', 'head -c 100000000 /dev/zero > big'], { limits: { fileBytes: 5_000_000 } });
    expect(huge.exitCode).not.toBe(0);
    expect(readFileSync(join(workspace.root, 'big')).length).toBeLessThanOrEqual(5_000_000);
    const shared = await workspace.run(
      ['sh', '-c', 'for f in 1 2 3; do head -c 500000000 /dev/zero > /dev/shm/$f; done 2>/dev/null; du -sm /dev/shm | cut -f1'],
      { limits: { fileBytes: 1_000_000_000 } },
    );
    expect(Number(shared.output)).toBeLessThanOrEqual(257);
    await workspace.close();
  });

  it('what one command leaves in its temporary folder, the next does not see', async () => {
    const workspace = await sandboxed();
    await workspace.run(['sh', '-c', 'echo x > /tmp/left; echo x > $HOME/left']);
    expect((await workspace.run(['sh', '-c', 'ls -A /tmp/left $HOME/left 2>/dev/null'])).output).toBe('');
    await workspace.close();
  });

  it('node_modules is there, cannot be changed, and has caches that can', async () => {
    const workspace = await sandboxed({
      'package.json': '{"type":"commonjs"}',
      'packages/own/index.js': 'module.exports = "own"',
      'node_modules/dep/index.js': 'module.exports = "dep"',
      'node_modules/@scope/dep/index.js': 'module.exports = "scoped"',
    });
    const forged = await workspace.run([
      'sh',
      '-c',
      'rm -rf node_modules node_modules/dep; ln -sfn /tmp node_modules/dep; mkdir node_modules/fake; echo "module.exports = 0" > node_modules/dep/index.js; echo 1 > node_modules/.cache/x && echo cached',
    ]);
    expect(forged.output).toContain('cached');
    expect(
      (await workspace.run(['node', '-p', 'require("dep") + require("@scope/dep") + require("fs").readdirSync("node_modules").length']))
        .output,
    ).toBe('depscoped6\n');
    await workspace.close();
  });

  it('the caches of many node_modules together are no larger than those of a few', async () => {
    const workspace = await sandboxed(Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`p${index}/a.js`, `p${index}/node_modules/dep/index.js`]).flat().map((file) => [file, ''])));
    const { output } = await workspace.run(['sh', '-c', 'df -m --output=size p*/node_modules/.cache p*/node_modules/.vite p*/node_modules/.vite-temp p*/node_modules/.vitest | grep -v M']);
    const sizes = output.trim().split(/\s+/).map(Number);
    expect(sizes).toHaveLength(48);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(1_024 + 48);
    await workspace.close();
  });

  it('may read and write the folders that are named, and no others', async () => {
    const workspace = await sandboxed();
    const readable = temporaryFolder();
    const writable = temporaryFolder();
    writeFiles(readable, { 'in.txt': 'given' });
    const result = await workspace.run(
      ['sh', '-c', 'cat "$1/in.txt"; cp "$1/in.txt" "$2/out.txt"; touch "$1/x" 2>/dev/null; echo $?', 'sh', readable, writable],
      { readable: [readable], writable: [writable] },
    );
    expect(result.output).toBe('given1\n');
    expect(readFileSync(join(writable, 'out.txt'), 'utf8')).toBe('given');
    await expect(workspace.run(['true'], { writable: [join(workspace.root, '..')] })).rejects.toMatchObject({
      code: 'FW_WORKSPACE_DENIED',
    });
    await expect(workspace.run(['true'], { readable: [join(readable, 'missing')] })).rejects.toMatchObject({
      code: 'FW_WORKSPACE_NOT_FOUND',
    });
    await workspace.close();
  });

  it('works where only the owner may walk, as in the home folder of root', async () => {
    const closed = temporaryFolder();
    const directory = join(closed, 'tree');
    mkdirSync(directory);
    chmodSync(closed, 0o700);
    writeFiles(directory, { 'a.js': '1', 'node_modules/dep/index.js': 'module.exports = "dep"' });
    const workspace = await createWorkspace({ directory, storage: join(closed, 'storage'), sandbox: 'required' });
    const writable = join(closed, 'results');
    mkdirSync(writable);
    expect((await workspace.run(['node', '-p', 'require("dep") + require("fs").readFileSync("a.js", "utf8")'])).output).toBe('dep1\n');
    expect(
      (await workspace.run(['sh', '-c', 'echo out > made.txt; echo out > "$1/x"', 'sh', writable], { writable: [writable] })).exitCode,
    ).toBe(0);
    expect(await workspace.read('made.txt')).toBe('out\n');
    expect(readFileSync(join(writable, 'x'), 'utf8')).toBe('out\n');
    await workspace.close();
  });

  it('a command dies with the process that started it', async () => {
    const directory = temporaryFolder();
    writeFiles(directory, { 'a.js': '1' });
    const storage = join(temporaryFolder(), 'storage');
    await createWorkspace({ directory, storage, sandbox: 'required' });
    const index = join(import.meta.dirname, '..', 'src', 'index.ts');
    writeFileSync(
      join(storage, 'child.mjs'),
      `
      const { openWorkspace } = await import(${JSON.stringify(index)});
      const workspace = await openWorkspace({ storage: ${JSON.stringify(storage)}, sandbox: 'required' });
      await workspace.run(['sh', '-c', 'echo begun; while true; do echo x >> alive.txt; sleep 0.02; done'], { onOutput: (chunk) => process.stdout.write(chunk) });`,
    );
    const child = spawn(process.execPath, ['--conditions=@fw/source', join(storage, 'child.mjs')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
    const size = (): number => (existsSync(join(storage, 'copy/alive.txt')) ? readFileSync(join(storage, 'copy/alive.txt')).length : 0);
    let before = -1;
    await expect
      .poll(
        () => {
          const still = before === size();
          before = size();
          return still;
        },
        { interval: 200 },
      )
      .toBe(true);
  });
});

describe.each(found.available ? (['required', 'off'] as const) : (['off'] as const))('with the sandbox %s', (sandbox) => {
  async function workspaceOf(files: { readonly [file: string]: string }): Promise<TaskWorkspace> {
    const directory = temporaryFolder();
    writeFiles(directory, files);
    return createWorkspace({ directory, storage: join(temporaryFolder(), 'storage'), sandbox });
  }

  it('a flood of output is counted, not kept', async () => {
    const workspace = await workspaceOf({ 'a.js': '1' });
    const result = await workspace.run(['sh', '-c', 'yes | head -c 300000000'], { maxOutput: 1_000 });
    expect(result).toMatchObject({ exitCode: 0, omitted: 300_000_000 - 1_000 });
    expect(result.output.length).toBeLessThan(1_100);
    await workspace.close();
  });

  it('an endless loop ends at the limit of time, or of processor time', async () => {
    const workspace = await workspaceOf({ 'a.js': '1' });
    expect(await workspace.run(['node', '-e', 'for (;;);'], { timeoutMs: 300 })).toMatchObject({ timedOut: true, exitCode: 137 });
    const spent = await workspace.run(['node', '-e', 'for (;;);'], { limits: { cpuSeconds: 1 } });
    expect(spent.timedOut).toBe(false);
    expect(spent.exitCode).toBeGreaterThan(128);
    await workspace.close();
  });

  it('memory counts for all processes of the command together', async () => {
    const workspace = await workspaceOf({
      'hog.js': 'const b = []; for (let i = 0; i < 20; i++) b.push(Buffer.alloc(10e6, 1)); setTimeout(() => {}, 20000); ',
    });
    const result = await workspace.run(['sh', '-c', 'node hog.js & node hog.js & node hog.js & wait'], {
      limits: { memoryBytes: 500_000_000 },
      timeoutMs: 15_000,
    });
    expect(result).toMatchObject({ outOfMemory: true, timedOut: false, exitCode: 137 });
    expect(result.peakMemoryBytes).toBeGreaterThan(500_000_000);
    await workspace.close();
  });

  it('a process that left its group and closed its streams does not survive', async () => {
    const workspace = await workspaceOf({ 'a.js': '1' });
    const writable = temporaryFolder();
    const result = await workspace.run(
      ['sh', '-c', 'setsid sh -c \'sleep 0.4; touch "$1/late"\' sh "$1" > /dev/null 2>&1 < /dev/null &', 'sh', writable],
      { writable: [writable] },
    );
    expect(result.exitCode).toBe(0);
    await workspace.run(['sleep', '0.7']);
    expect(existsSync(join(writable, 'late'))).toBe(false);
    await workspace.close();
  });

  it('a process that also dropped its environment does not survive, nor keeps the command waiting', async () => {
    const workspace = await workspaceOf({ 'a.js': '1' });
    const seconds = String(3_000 + (process.pid % 1_000));
    const result = await workspace.run(['sh', '-c', `env -i setsid sleep ${seconds} & (env -i setsid sh -c "cd /; exec sleep ${seconds}" &); echo done; sleep 0.2`]);
    expect(result).toMatchObject({ exitCode: 0, output: 'done\n' });
    const alive = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && commandLine(pid).startsWith(`sleep\0${seconds}`));
    expect(alive).toEqual([]);
    await workspace.close();
  });

  it('what cannot be started is an answer; what makes no sense is refused', async () => {
    const workspace = await workspaceOf({ 'a.js': '1' });
    expect(await workspace.run(['echo', 'x'.repeat(200_000)])).toMatchObject({ exitCode: -1, output: expect.stringMatching(/E2BIG|too long/) });
    expect(await workspace.run(['echo'], { env: { A: 'x'.repeat(200_000) } })).toMatchObject({ exitCode: -1, output: expect.stringMatching(/E2BIG|too long/) });
    for (const options of [
      { env: { 'A=B': '' } }, { env: { '': '' } }, { env: { A: 'a\0b' } }, { timeoutMs: Number.NaN }, { timeoutMs: -1 }, { maxOutput: -1 }, { maxOutput: 1.5 },
      { limits: { memoryBytes: 0 } }, { limits: { processes: Number.NaN } }, { limits: { cpuSeconds: -1 } }, { limits: { fileBytes: -1 } },
    ])
      await expect(workspace.run(['true'], options), JSON.stringify(options)).rejects.toMatchObject({ code: 'FW_WORKSPACE_INVALID' });
    await workspace.close();
  });

  it('an abort ends it whenever it comes', async () => {
    const workspace = await workspaceOf({ 'a.js': '1' });
    for (let turns = 0; turns < 24; turns += 1) {
      const controller = new AbortController();
      const running = workspace.run(['sleep', '5'], { signal: controller.signal });
      for (let turn = 0; turn < turns; turn += 1) await new Promise(setImmediate);
      controller.abort();
      expect(await running, `after ${turns} turns`).toMatchObject({ aborted: true, timedOut: false });
    }
    await workspace.close();
  });

  it('folders deeper than a path may be long are restored and removed', async () => {
    const workspace = await workspaceOf({ 'a.js': '1' });
    await workspace.run(['sh', '-c', 'i=0; while [ $i -lt 600 ]; do mkdir ddddddddd && cd ddddddddd; i=$((i+1)); done; echo x > f']);
    await workspace.restore(workspace.base);
    expect(await workspace.snapshot()).toBe(workspace.base);
    await workspace.run(['sh', '-c', 'i=0; while [ $i -lt 600 ]; do mkdir ddddddddd && cd ddddddddd; i=$((i+1)); done']);
    await workspace.close();
    expect(existsSync(workspace.root)).toBe(false);
  });

  it('a package of the tree itself is the changed one of the copy', async () => {
    const directory = temporaryFolder();
    writeFiles(directory, {
      'package.json': '{}',
      'packages/own/index.js': 'module.exports = "old"',
      'packages/app/app.js': 'console.log(require("@scope/own"), require("dep"))',
      'node_modules/dep/index.js': 'module.exports = "dep"',
      'packages/own/cli.js': '#!/usr/bin/env node\nconsole.log("cli")',
    });
    mkdirSync(join(directory, 'node_modules/@scope'));
    mkdirSync(join(directory, 'node_modules/.bin'));
    symlinkSync('../../packages/own', join(directory, 'node_modules/@scope/own'));
    symlinkSync('../@scope/own/cli.js', join(directory, 'node_modules/.bin/own'));
    chmodSync(join(directory, 'packages/own/cli.js'), 0o755);
    const workspace = await createWorkspace({ directory, storage: join(temporaryFolder(), 'storage'), sandbox });
    await workspace.write('packages/own/index.js', 'module.exports = "new"');
    expect((await workspace.run(['node', 'packages/app/app.js'])).output).toBe('new dep\n');
    expect((await workspace.run(['own'])).output).toBe('cli\n');
    const second = await workspace.checkout(workspace.base);
    expect((await second.run(['node', 'packages/app/app.js'])).output).toBe('old dep\n');
    await second.close();
    expect(await workspace.files(await workspace.snapshot())).not.toContain('node_modules/dep');
    expect(await workspace.read('node_modules/dep/index.js')).toContain('dep');
    await expect(workspace.write('node_modules/dep/index.js', 'x')).rejects.toMatchObject({ code: 'FW_WORKSPACE_DENIED' });
    await workspace.close();
  });

  it('what a command did to the links of node_modules is undone before the next', async () => {
    const workspace = await workspaceOf({
      'packages/a/a.js': 'console.log(require("dep"))',
      'packages/a/node_modules/dep/index.js': 'module.exports = "dep"',
    });
    await workspace.run([
      'sh',
      '-c',
      'mv packages moved; mkdir -p packages/a/node_modules/dep; cp moved/a/a.js packages/a; echo "module.exports = 0" > packages/a/node_modules/dep/index.js',
    ]);
    expect((await workspace.run(['node', 'packages/a/a.js'])).output).toBe('dep\n');
    await workspace.restore(workspace.base);
    expect(await workspace.snapshot()).toBe(workspace.base);
    expect(existsSync(join(workspace.root, 'moved'))).toBe(false);
    await workspace.close();
  });
});

it('records that there is no sandbox, and refuses to go on when one is required', async () => {
  const workspace = await createWorkspace({ directory: temporaryFolder(), storage: join(temporaryFolder(), 'storage'), sandbox: 'off' });
  expect(workspace.sandbox).toBe('none: turned off');
  await workspace.close();
  const path = process.env.PATH;
  process.env.PATH = '/nowhere';
  try {
    await expect(detectSandbox()).resolves.toMatchObject({ available: false, reason: expect.stringContaining('not installed'), advice: expect.stringContaining('apt-get install bubblewrap') });
    await expect(
      createWorkspace({ directory: temporaryFolder(), storage: join(temporaryFolder(), 'storage'), sandbox: 'required' }),
    ).rejects.toMatchObject({ code: 'FW_WORKSPACE_SANDBOX' });
    const old = temporaryFolder();
    writeFileSync(join(old, 'bwrap'), '#!/bin/sh\necho bubblewrap 0.4.1\n', { mode: 0o755 });
    process.env.PATH = old;
    await expect(detectSandbox()).resolves.toMatchObject({ available: false, reason: expect.stringContaining('found bubblewrap 0.4.1') });
    writeFileSync(join(old, 'bwrap'), '#!/bin/sh\n[ "$1" = --version ] && { echo bubblewrap 0.9.0; exit; }\necho "bwrap: setting up uid map: Permission denied" >&2; exit 1\n', { mode: 0o755 });
    writeFileSync(join(old, 'setpriv'), '#!/bin/sh\nwhile [ "$1" != bwrap ]; do shift; done; exec "$@"\n', { mode: 0o755 });
    await expect(detectSandbox()).resolves.toMatchObject({ available: false, reason: expect.stringContaining('uid map') });
  } finally {
    process.env.PATH = path;
  }
});

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
