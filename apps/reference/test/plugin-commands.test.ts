import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { beforeEach, describe, expect, it } from 'vitest';
import { exitCodeOfError } from '../src/exit-code.ts';
import { createProgram } from '../src/program.ts';
import { runFw } from './start-fw.ts';
import { useTemporaryFolder } from './temporary-folder.ts';

const folder = useTemporaryFolder();
const project = (...parts: readonly string[]): string => path.join(folder(), 'project', ...parts);

beforeEach(() => mkdir(project('node_modules/fw-plugin-words'), { recursive: true }));

const environment = (): { readonly [name: string]: string } => ({ PATH: process.env['PATH'] ?? '', FW_HOME: path.join(folder(), 'home') });

interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The program as `fw` runs it, in this process: starting it is not what is looked at here. */
async function fw(args: readonly string[]): Promise<Ran> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  let exitCode = -1;
  const program = createProgram({ version: '0', directory: project(), environment: environment(), streams: { stdout, stderr } as never, ended: (code) => { exitCode = code; } });
  try {
    await program.parseAsync([...args], { from: 'user' });
  } catch (error) {
    exitCode = exitCodeOfError(error);
    stderr.write((error as Error).message);
  }
  const said = (stream: PassThrough): string => (stream.read() as Buffer | null)?.toString() ?? '';
  return { exitCode, stdout: said(stdout), stderr: said(stderr) };
}

async function json(args: readonly string[]): Promise<{ readonly exitCode: number; readonly value: Record<string, unknown> & readonly Record<string, unknown>[]; readonly stderr: string }> {
  const { exitCode, stdout, stderr } = await fw([...args, '--output', 'json']);
  return { exitCode, stderr, value: (stdout === '' ? {} : JSON.parse(stdout)) as never };
}

/** Installs a plugin with one tool. */
async function install(permissions: object, code = ''): Promise<void> {
  await writeFile(project('package.json'), JSON.stringify({ name: 'project', dependencies: { 'fw-plugin-words': '1' } }));
  await writeFile(project('node_modules/fw-plugin-words/package.json'), JSON.stringify({
    name: 'fw-plugin-words', version: '1.0.0', type: 'module', keywords: ['fw-plugin'],
    fw: { manifest: 1, api: '^1.0', id: 'words', entry: './index.js', contributes: { tools: ['words.count'] }, permissions, isolation: 'process' },
  }));
  await writeFile(project('node_modules/fw-plugin-words/index.js'), `${code}export default { specVersion: 1, initialize(context) { context.tools.register({ kind: 'leaf', name: 'words.count', description: 'Counts.', effect: 'pure', inputSchema: { type: 'object' }, run: async () => ({ ok: true, text: '1' }) }); } };\n`);
}

describe('fw plugin', () => {
  it('adds what is installed: granted at home, pinned in the workspace, listed in the config; nobody is asked for nothing', async () => {
    await install({});
    expect((await json(['plugin', 'ls', '--available'])).value).toMatchObject([{ name: 'fw-plugin-words', status: 'usable', id: 'words', isolation: 'process' }]);
    const added = await json(['plugin', 'add', 'fw-plugin-words']);
    expect(added).toMatchObject({ exitCode: 0, value: { id: 'words', granted: [], config: { status: 'listed', isTrusted: true } } });
    const { integrity } = added.value as unknown as { readonly integrity: string };
    expect(JSON.parse(await readFile(project('fw.lock.json'), 'utf8'))).toEqual({ plugins: { version: 1, plugins: { words: { version: '1.0.0', integrity } } } });
    expect(JSON.parse(await readFile(project('fw.config.json'), 'utf8'))).toEqual({ plugins: ['fw-plugin-words'] });
    expect((await stat(path.join(folder(), 'home'))).mode & 0o777).toBe(0o700);
    expect(await json(['plugin', 'ls'])).toMatchObject({ exitCode: 0, value: [{ id: 'words', status: 'active', isolation: 'process', enforced: { net: true }, calls: 0, failures: 0, costUsd: 0 }] });
    expect((await fw(['plugin', 'ls'])).stdout).toMatch(/words +1\.0\.0 +active +sandboxed/);
    expect(await json(['plugin', 'inspect', 'fw-plugin-words'])).toMatchObject({ exitCode: 0, value: { id: 'words', pinned: 'same', asks: [], grant: { enabled: true }, contributes: { tools: ['words.count'] } } });
    expect(await json(['plugin', 'verify'])).toMatchObject({ exitCode: 0, value: { plugins: [{ id: 'words', status: 'ok' }] } });
    expect(await json(['plugin', 'disable', 'words'])).toMatchObject({ exitCode: 0, value: { id: 'words', enabled: false, changed: true } });
    expect((await json(['plugin', 'ls'])).value).toMatchObject([{ status: 'failed', code: 'FW_PLUGIN_GRANT', error: expect.stringContaining('is disabled') as string }]);
    expect(await json(['plugin', 'enable', 'words'])).toMatchObject({ exitCode: 0, value: { enabled: true } });
    // Other sections of the lock stay.
    await writeFile(project('fw.lock.json'), JSON.stringify({ models: { version: 1, models: {} }, plugins: { version: 1, plugins: {} } }));
    expect(await json(['plugin', 'verify'])).toMatchObject({ exitCode: 7, value: { plugins: [{ status: 'not-pinned' }] } });
    await fw(['plugin', 'add', 'fw-plugin-words']);
    expect(JSON.parse(await readFile(project('fw.lock.json'), 'utf8'))).toMatchObject({ models: { version: 1 }, plugins: { plugins: { words: { integrity } } } });
  });

  it('grants nothing without a yes, shows what is new in a wider request, and lets changed files not run', async () => {
    await install({ env: ['TOKEN'] });
    const asked = await fw(['plugin', 'add', 'fw-plugin-words']);
    expect(asked).toMatchObject({ exitCode: 7, stdout: '', stderr: expect.stringContaining('asks for: is told the variable TOKEN. Nothing was granted. To grant it: fw plugin add fw-plugin-words --yes') as string });
    expect(await json(['plugin', 'add', 'fw-plugin-words', '--yes'])).toMatchObject({ exitCode: 0, value: { granted: ['is told the variable TOKEN'] } });
    await install({ env: ['TOKEN'], net: ['api.example:443'] }, 'process.stdout.write("ran");\n');
    expect(await json(['plugin', 'verify'])).toMatchObject({ exitCode: 7, value: { plugins: [{ status: 'changed' }] } });
    expect((await json(['plugin', 'ls'])).value).toMatchObject([{ status: 'failed', code: 'FW_PLUGIN_GRANT', error: expect.stringContaining('asks for more than you granted: reaches api.example:443.') as string }]);
    expect((await fw(['plugin', 'add', 'fw-plugin-words'])).stderr).toContain('asks for more than you granted: reaches api.example:443.');
    await install({ env: ['TOKEN'] });
    const noSandbox = { cwd: project(), env: { ...environment(), PATH: '/nowhere' } };
    expect(await runFw(['judge'], noSandbox)).toMatchObject({ exitCode: 8, stdout: '', stderr: expect.stringContaining('there is no sandbox here') as string });
    await install({ env: ['TOKEN'] }, 'process.stdout.write("ran");\n');
    // A whole process, as nobody is to be asked there.
    const refused = await runFw(['judge'], { cwd: project(), env: environment() });
    expect(refused).toMatchObject({ exitCode: 7, stdout: '', stderr: expect.stringContaining('has other files than fw.lock.json pins') as string });
  });

  it('a cloned repository brings no grants: its list is not used until its reader trusts it and adds the plugin', async () => {
    await install({});
    await writeFile(project('fw.config.json'), JSON.stringify({ plugins: ['fw-plugin-words'] }));
    expect(await fw(['plugin', 'ls'])).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('fw.config.json') as string });
    expect(await json(['trust'])).toMatchObject({ exitCode: 0, value: { kind: 'config' } });
    expect((await json(['plugin', 'ls'])).value).toMatchObject([{ status: 'failed', code: 'FW_PLUGIN_GRANT' }]);
    expect(await json(['plugin', 'add', 'fw-plugin-words'])).toMatchObject({ value: { config: { status: 'there-already', isTrusted: true } } });
    expect((await json(['plugin', 'ls'])).value).toMatchObject([{ status: 'active' }]);
    expect((await json(['trust', '--list'])).value).toEqual({ trusted: [project('fw.config.json')] });
    expect((await json(['trust', '--revoke'])).value).toMatchObject({ count: 1 });
    expect((await fw(['plugin', 'ls'])).exitCode).toBe(3);
  });

  it('makes a new plugin that can be added, and refuses what is no use of it', async () => {
    expect(await json(['plugin', 'new', 'fresh'])).toMatchObject({ exitCode: 0, value: { id: 'fresh', files: expect.arrayContaining(['package.json', 'index.js', 'README.md', '.github/workflows/test.yml']) as string[] } });
    expect(await json(['plugin', 'add', './fw-plugin-fresh'])).toMatchObject({ exitCode: 0, value: { id: 'fresh', isolation: 'process', granted: [] } });
    expect(await fw(['plugin', 'new', 'fresh'])).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('not empty') as string });
    expect(await fw(['plugin', 'new', 'No'])).toMatchObject({ exitCode: 2 });
    expect(await fw(['plugin', 'nonsense'])).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('ls, add, inspect') as string });
    expect(await fw(['plugin', 'enable', 'nobody'])).toMatchObject({ exitCode: 2 });
    expect(await fw(['plugin', 'add', 'not-installed'])).toMatchObject({ exitCode: 7, stdout: '', stderr: expect.stringContaining('npm install not-installed') as string });
    expect(await fw(['trust', 'nowhere'])).toMatchObject({ exitCode: 2 });
  });
});
