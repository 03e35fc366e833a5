import { spawn } from 'node:child_process';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { launcher, runFw, startFw } from './start-fw.ts';
import { useTemporaryFolder } from './temporary-folder.ts';

const folder = useTemporaryFolder();
const looksOld = ['--import', 'data:text/javascript,Object.defineProperty(process,"versions",{value:{...process.versions,node:"20.1.0"}})'];

/** The launcher as if installed, with this in place of the app. */
async function installWith(app: string): Promise<string> {
  const installed = path.join(folder(), 'bin/fw.js');
  await mkdir(path.dirname(installed), { recursive: true });
  await mkdir(path.join(folder(), 'dist'));
  await copyFile(launcher, installed);
  await writeFile(path.join(folder(), 'package.json'), '{ "type": "module" }');
  await writeFile(path.join(folder(), 'dist/cli.js'), app);
  return installed;
}

/** A newer Node where npm puts one. */
async function offerNode(): Promise<void> {
  const node = path.join(folder(), 'node_modules/.bin/node');
  await mkdir(path.dirname(node), { recursive: true });
  await writeFile(node, `#!/bin/sh\nexec "${process.execPath}" "$@"\n`, { mode: 0o755 });
}

describe('the launcher', () => {
  it('says the version', async () => {
    const { version } = JSON.parse(await readFile(path.join(launcher, '../../package.json'), 'utf8')) as { version: string };
    expect(await runFw(['--version'], { cwd: folder() })).toMatchObject({ exitCode: 0, stdout: `${version}\n`, stderr: '' });
  });

  it('refuses a Node that is too old, in one line', async () => {
    const installed = await installWith('throw new Error("must not run")');
    const ended = await runFw(['runs'], { cwd: folder(), launcher: installed, nodeOptions: looksOld });
    expect(ended).toMatchObject({ exitCode: 2, stdout: '' });
    expect(ended.stderr).toMatch(/^fw: Node 20\.1\.0 is too old; fw needs 22\.18 or newer.*\n$/);
  });

  it('takes a newer Node out of node_modules when it is started with an old one', async () => {
    const installed = await installWith('console.log(process.argv.slice(2).join(",")); process.exit(7);');
    await offerNode();
    expect(await runFw(['a', 'b c'], { cwd: folder(), launcher: installed, nodeOptions: looksOld })).toMatchObject({ exitCode: 7, stdout: 'a,b c\n' });
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('passes %s on and waits', async (signal) => {
    const installed = await installWith(`process.on('${signal}', () => { console.log('told'); process.exit(99); }); setInterval(() => {}, 1000); console.log('ready');`);
    await offerNode();
    const started = startFw([], { cwd: folder(), launcher: installed, nodeOptions: looksOld, onOutput: (text) => { if (text === 'ready\n') started.process.kill(signal); } });
    expect(await started.ended).toMatchObject({ exitCode: 99, stdout: 'ready\ntold\n' });
  });

  it('leaves no child behind when it is killed', async () => {
    const module = JSON.stringify(path.join(launcher, '../../src/end-with-launcher.ts'));
    const installed = await installWith(`import { endWithLauncher } from ${module}; endWithLauncher(); setInterval(() => {}, 1000); console.log(process.pid);`);
    await offerNode();
    const started = startFw([], { cwd: folder(), launcher: installed, nodeOptions: looksOld, onOutput: () => { started.process.kill('SIGKILL'); } });
    await started.ended;
    const child = Number(started.stdout());
    await expect.poll(() => isAlive(child)).toBe(false);
  });

  it('leaves nothing behind when npx is killed', async () => {
    const module = JSON.stringify(path.join(launcher, '../../src/end-with-launcher.ts'));
    const script = path.join(folder(), 'stay.mjs');
    await writeFile(script, `import { endWithLauncher } from ${module}; endWithLauncher(); setInterval(() => {}, 1000); console.log(process.pid);`);
    const npm = spawn('npx', ['--no-install', '-c', `"${process.execPath}" "${script}"; true`], { stdio: ['ignore', 'pipe', 'inherit'] });
    const child = Number(await new Promise<string>((resolve) => { npm.stdout.setEncoding('utf8').once('data', resolve); }));
    npm.kill('SIGKILL');
    await expect.poll(() => isAlive(child)).toBe(false);
  });

  it('is the app itself with a Node that is new enough: a kill hits the right process', async () => {
    const child = spawn(process.execPath, [launcher, 'runs', '--help'], { stdio: 'ignore' });
    const exitCode = await new Promise((resolve) => { child.on('exit', resolve); });
    expect(exitCode).toBe(0);
  });
});

function isAlive(id: number): boolean {
  try {
    process.kill(id, 0);
    return true;
  } catch {
    return false;
  }
}
