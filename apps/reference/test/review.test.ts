import { execFileSync } from 'node:child_process';
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startFakeOpenai } from './fake-openai.ts';
import type { ChatAnswer, ChatRequest, FakeOpenai } from './fake-openai.ts';
import { call } from './fake-team.ts';
import { hashTree } from './hash-tree.ts';
import { runFw, startFw } from './start-fw.ts';
import type { Ended } from './start-fw.ts';
import { useTemporaryFolder } from './temporary-folder.ts';

const folder = useTemporaryFolder();
let server: FakeOpenai;
let play: (pass: string, turn: number, request: ChatRequest) => ChatAnswer | Promise<ChatAnswer>;

const nothing = call('submit_review', { findings: [] });
const finding = { file: 'sum.js', line: 1, quote: 'left - right', severity: 'high', category: 'correctness', message: 'It subtracts.' };

beforeEach(async () => {
  play = () => nothing;
  server = await startFakeOpenai((request) => {
    const first = JSON.stringify(request.messages.find((message) => message.role === 'user')?.content);
    return play(/# Your pass: (\w+)/.exec(first)?.[1] ?? 'none', request.messages.filter((message) => message.role === 'assistant').length, request);
  });
});
afterEach(() => server.close());

const git = (...args: string[]): string => execFileSync('git', ['-C', project(), '-c', 'user.name=a', '-c', 'user.email=a@b', ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
const project = (): string => path.join(folder(), 'projekt ü');
const write = (file: string, text: string): Promise<void> => writeFile(path.join(project(), file), text);

/** A repository whose commit adds; its working tree subtracts. */
async function makeRepository(): Promise<void> {
  await mkdir(project());
  await write('package.json', '{"name":"sum","version":"1.0.0","type":"module"}\n');
  await write('sum.js', 'export const sum = (left, right) => left + right;\n');
  git('init', '-q');
  git('add', '-A');
  git('commit', '-qm', 'first');
  await write('sum.js', 'export const sum = (left, right) => left - right;\n');
}

function fw(args: readonly string[], env: { readonly [name: string]: string } = {}): Promise<Ended> {
  return runFw(['review', ...args], { cwd: project(), env: { FW_HOME: path.join(folder(), 'home'), OPENAI_API_KEY: 'test-key-0123456789', OPENAI_BASE_URL: server.baseURL, ...env } });
}
const model = ['--model', 'openai/fake'];

describe('fw review', () => {
  it('prints a reproduced finding with its place and quote, exits 1, and writes nothing to the folder', async () => {
    await makeRepository();
    const before = hashTree(project());
    play = (pass, turn) => {
      if (pass !== 'correctness') return nothing;
      if (turn === 0) return call('reproduce', { command: 'node -e "import(\'./sum.js\').then((all) => console.log([\'sum\', \'gave\', all.sum(2, 2)].join(\' \')))"; echo x > left.txt' });
      return call('submit_review', { findings: [{ ...finding, shownBy: 'sum gave 0' }] });
    };
    const json = await fw([...model, '--output', 'json']);
    expect(json).toMatchObject({ exitCode: 1, stderr: '' });
    const report = JSON.parse(json.stdout) as { readonly run: string };
    expect(report).toMatchObject({ version: 1, status: 'reviewed', base: 'HEAD', files: 1, exitCode: 1, review: { approved: false, findings: [{ file: 'sum.js', line: 1, severity: 'high', quote: 'left - right', confirmedBy: ['reproduction'] }], passes: [{ status: 'done' }, { status: 'done' }, { status: 'done' }] } });
    expect(hashTree(project())).toBe(before);

    const asked = server.received();
    const again = await fw([...model, '--id', report.run]);
    expect(again.exitCode).toBe(1);
    expect(again.stdout).toMatch(/1 file changed against HEAD/);
    expect(again.stdout).toMatch(/high {5}sum\.js:1 {2}correctness\n {2}It subtracts\.\n {2}> left - right\n/);
    expect(again.stdout).toContain('1 finding, 1 blocking.');
    expect(server.received()).toBe(asked);
    const ndjson = (await fw([...model, '--id', report.run, '--output', 'ndjson'])).stdout.trimEnd().split('\n').map((line) => JSON.parse(line) as { readonly type: string });
    expect(ndjson.map(({ type }) => type)).toEqual(['finding', 'review']);
    expect(await runFw(['replay', report.run], { cwd: project(), env: { FW_HOME: path.join(folder(), 'home') } })).toMatchObject({ exitCode: 0, stderr: '' });
    expect((await runFw(['runs'], { cwd: project(), env: { FW_HOME: path.join(folder(), 'home') } })).stdout).toContain('Review what changed since HEAD.');
  });

  it('exits 0 with findings that do not block, and says what was dropped', async () => {
    await makeRepository();
    play = (pass) => (pass === 'security' ? nothing : call('submit_review', { findings: [finding, { ...finding, quote: 'left * right' }, { ...finding, file: 'package.json', quote: 'sum' }] }));
    const ended = await fw([...model]);
    expect(ended).toMatchObject({ exitCode: 0, stderr: '' });
    expect(ended.stdout).toContain('medium   sum.js:1');
    expect(ended.stdout).toContain('(Given as high; lowered, since nothing reproduces it.)');
    expect(ended.stdout).toContain('1 finding, 0 blocking; dropped: 4 on no changed line.');
  });

  it('keeps what one pass alone has found where the gate\'s own analysis finds it too', async () => {
    await makeRepository();
    await write('sum.js', "import { exec } from 'node:child_process';\nexport const sum = (left, right, done) => exec('expr ' + left + ' + ' + right, done);\n");
    play = (pass) => (pass === 'security' ? call('submit_review', { findings: [{ ...finding, quote: "exec('expr ' + left", category: 'security', message: 'A caller decides what is run.' }] }) : nothing);
    const report = JSON.parse((await fw([...model, '--output', 'json'])).stdout) as unknown;
    expect(report).toMatchObject({ review: { findings: [{ file: 'sum.js', line: 2, confirmedBy: ['check: security/shell-command'] }], dropped: { unconfirmed: 0 } } });
  });

  it('looks at files that git does not know yet, and compares with the revision that is named', async () => {
    await makeRepository();
    git('commit', '-qam', 'second');
    await write('fresh.js', 'export const fresh = eval;\n');
    let seen = '';
    play = (_pass, _turn, request) => { seen = JSON.stringify(request.messages); return nothing; };
    expect((await fw([...model])).stdout).toContain('1 file changed against HEAD');
    expect(seen).toContain('+export const fresh = eval;');
    expect(seen).not.toContain('left - right');
    expect((await fw([...model, '--base', 'HEAD~1'])).stdout).toContain('2 files changed against HEAD~1');
    expect(seen).toContain('left - right');
    expect(await fw([...model, '--base', 'nowhere'])).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringContaining('nowhere') });
  });

  it('asks no model when nothing changed, and says so', async () => {
    await makeRepository();
    git('commit', '-qam', 'second');
    expect(await fw([...model])).toMatchObject({ exitCode: 0, stdout: 'Nothing changed against HEAD. No model was asked.\n', stderr: '' });
    expect(JSON.parse((await fw([...model, '--output', 'json'])).stdout)).toMatchObject({ status: 'unchanged', run: null, review: null });
    expect(server.received()).toBe(0);
    const none = { OPENAI_API_KEY: '', OPENAI_BASE_URL: '' };
    expect(await fw([], none)).toMatchObject({ exitCode: 0, stdout: 'Nothing changed against HEAD. No model was asked.\n', stderr: '' });
    await write('sum.js', 'export const sum = () => 0;\n');
    expect(await fw([...model], none)).toMatchObject({ exitCode: 6, stdout: '', stderr: expect.stringContaining('needs a key') as string });
    expect((await runFw(['runs', '--output', 'json'], { cwd: project(), env: { FW_HOME: path.join(folder(), 'home') } })).stdout).toBe('[]\n');
  });

  it('says what it needs in a folder without git or without a commit', async () => {
    await makeRepository();
    await rm(path.join(project(), '.git'), { recursive: true });
    expect(await fw([...model])).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringMatching(/^fw: .*no commit to compare with.*--base <revision>\.\n$/) });
    git('init', '-q');
    expect((await fw([...model])).exitCode).toBe(2);
    expect((await fw([...model, '--base', 'HEAD'])).exitCode).toBe(2);
    expect(server.received()).toBe(0);
  });

  it('cuts a huge diff file by file, and says so', async () => {
    await makeRepository();
    await write('big.js', Array.from({ length: 20_000 }, (_, index) => `export const number${String(index)} = ${String(index)};\n`).join(''));
    let longest = 0;
    play = (_pass, _turn, request) => { longest = Math.max(longest, JSON.stringify(request).length); return nothing; };
    const ended = await fw([...model]);
    expect(ended).toMatchObject({ exitCode: 0, stderr: '' });
    expect(ended.stdout).toContain('shown to the model in part only: big.js');
    expect(longest).toBeLessThan(120_000);
  });

  it('states a pass that comes to no end, and exits 1 when none does', async () => {
    await makeRepository();
    play = (pass) => (pass === 'security' ? { text: 'Looks fine.' } : nothing);
    expect((await fw([...model])).stdout).toContain('pass security came to no end: FW_LOOP_STUCK');
    play = () => ({ text: 'Looks fine.' });
    const ended = await fw([...model, '--output', 'json']);
    expect(ended.exitCode).toBe(1);
    expect(JSON.parse(ended.stdout)).toMatchObject({ status: 'failed', code: 'FW_LOOP_STUCK', review: null });
  });

  it('keeps to the budget of the config, and goes on when it was raised', async () => {
    await makeRepository();
    const config = path.join(folder(), 'fw.json');
    await writeFile(config, JSON.stringify({ budgets: { run: { tokens: 2_000 } } }));
    const ended = await fw([...model, '--config', config, '--id', 'r1']);
    expect(ended).toMatchObject({ exitCode: 5, stderr: expect.stringContaining('fw review --id r1') });
    await writeFile(config, JSON.stringify({ budgets: { run: { tokens: 1_000_000 } } }));
    expect((await fw([...model, '--config', config, '--id', 'r1'])).stdout).toContain('No findings');
  });

  it('says how to give a key, and what is wrong with a config or an argument', async () => {
    await makeRepository();
    const home = { FW_HOME: path.join(folder(), 'home') };
    expect(await runFw(['review', ...['--model', 'openai/fake']], { cwd: project(), env: home })).toMatchObject({ exitCode: 6, stdout: '', stderr: expect.stringContaining('OPENAI_API_KEY') });
    await writeFile(path.join(folder(), 'bad.json'), '{"modles":{}}');
    expect((await fw([...model, '--config', path.join(folder(), 'bad.json')])).exitCode).toBe(3);
    expect((await fw(['nowhere', ...model])).exitCode).toBe(2);
    expect((await fw([...model, '--id', '../x'])).exitCode).toBe(2);
    play = () => ({ status: 401 });
    expect((await fw([...model])).exitCode).toBe(6);
  });

  it('shows the model no secret of the environment or of a file, and keeps none', async () => {
    await makeRepository();
    await write('.env', 'TOKEN=canary-in-a-file-12345\n');
    await write('note.txt', 'test-key-0123456789\n');
    const bodies: string[] = [];
    play = (_pass, _turn, request) => { bodies.push(JSON.stringify(request)); return nothing; };
    const ended = await fw([...model, '--output', 'json']);
    expect(ended.exitCode).toBe(0);
    expect(bodies.join('')).not.toContain('canary-in-a-file-12345');
    expect(ended.stdout + bodies.join('')).not.toContain('test-key-0123456789');
    expect(await readFile(path.join(project(), '.env'), 'utf8')).toContain('canary');
  });

  it('lets its model run nothing where there is no sandbox, and says so', async () => {
    await makeRepository();
    const bin = path.join(folder(), 'bin');
    await mkdir(bin);
    await symlink(execFileSync('which', ['git'], { encoding: 'utf8' }).trim(), path.join(bin, 'git'));
    let offered: readonly string[] = [];
    play = (_pass, _turn, request) => { offered = (request.tools ?? []).map((tool) => tool.function.name); return nothing; };
    const ended = await fw([...model], { PATH: bin });
    expect(ended).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('without a sandbox (none: ') });
    expect(offered).toContain('diff');
    expect(offered).not.toContain('reproduce');
  });

  it('goes on after it was killed', async () => {
    await makeRepository();
    const { promise, resolve: asked } = Promise.withResolvers<void>();
    let isHeld = true;
    play = async (pass) => {
      if (pass === 'contract' && isHeld) { asked(); await new Promise(() => undefined); }
      return nothing;
    };
    const env = { FW_HOME: path.join(folder(), 'home'), OPENAI_API_KEY: 'k', OPENAI_BASE_URL: server.baseURL };
    const started = startFw(['review', ...model, '--id', 'r1'], { cwd: project(), env });
    await promise;
    started.process.kill('SIGKILL');
    await started.ended;
    isHeld = false;
    expect(await fw([...model, '--id', 'r1'])).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('No findings') });
    expect([...server.counts.values()].filter((count) => count > 2)).toEqual([]);
    const other = JSON.parse((await runFw(['show', 'r1', '--output', 'json'], { cwd: project(), env })).stdout) as { readonly status: string };
    expect(other.status).toBe('success');
  });

  it('ends with 130 on Ctrl-C', async () => {
    await makeRepository();
    const before = hashTree(project());
    const { promise, resolve: asked } = Promise.withResolvers<void>();
    play = () => { asked(); return new Promise<ChatAnswer>(() => undefined); };
    const started = startFw(['review', ...model, '--output', 'json'], { cwd: project(), env: { FW_HOME: path.join(folder(), 'home'), OPENAI_API_KEY: 'k', OPENAI_BASE_URL: server.baseURL } });
    await promise;
    started.process.kill('SIGINT');
    expect(await started.ended).toMatchObject({ exitCode: 130, stdout: '' });
    expect(hashTree(project())).toBe(before);
  });
});
