import { execFile, execFileSync } from 'node:child_process';
import { appendFile, chmod, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunEvent } from '@fw/framework';
import { goal, makeProject, playGoodDeveloper, readSource } from './duration-project.ts';
import { startFakeOpenai } from './fake-openai.ts';
import type { FakeOpenai } from './fake-openai.ts';
import { call, playTeam } from './fake-team.ts';
import { hashTree } from './hash-tree.ts';
import { runFw } from './start-fw.ts';
import type { Ended } from './start-fw.ts';
import { useTemporaryFolder } from './temporary-folder.ts';

const execute = promisify(execFile);
const folder = useTemporaryFolder();
let server: FakeOpenai;

beforeEach(async () => { server = await startFakeOpenai(playTeam(goal, playGoodDeveloper)); });
afterEach(() => server.close());

function fw(args: readonly string[], env: { readonly [name: string]: string } = {}): Promise<Ended> {
  return runFw(args, { cwd: folder(), env: { FW_HOME: path.join(folder(), 'home'), OPENAI_API_KEY: 'test-key-0123456789', OPENAI_BASE_URL: server.baseURL, ...env } });
}
function run(workspace: string, ...args: readonly string[]): Promise<Ended> {
  return fw(['run', goal, '--workspace', workspace, '--model', 'openai/fake', ...args]);
}
async function project(name = 'project'): Promise<string> {
  const workspace = path.join(folder(), name);
  await makeProject(workspace);
  return workspace;
}
function eventsOf({ stdout }: Ended): readonly RunEvent[] {
  return stdout.trimEnd().split('\n').map((line) => JSON.parse(line) as RunEvent);
}

describe('fw run', () => {
  it('prints one event a line, and a patch of the change that was measured', async () => {
    const workspace = await project();
    const before = hashTree(workspace);
    const ended = await run(workspace, '--output', 'ndjson');
    expect(ended).toMatchObject({ exitCode: 0, stderr: '' });
    const events = eventsOf(ended);
    expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1));
    expect(new Set(events.map((event) => `${String(event.v)} ${event.run}`)).size).toBe(1);
    expect(events.flatMap((event) => (event.type === 'state.entered' ? [event.state] : []))).toEqual(['initialize', 'planning', 'analysis', 'design', 'implementation', 'testing', 'validation']);
    expect(events.flatMap((event) => (event.type === 'state.left' ? [event.event] : []))).toEqual(['new-task', 'requirements-clear', 'analysis-complete', 'design-approved', 'code-complete', 'tests-pass', 'success']);
    expect(events.filter((event) => event.type === 'model.called')).toHaveLength(server.received());
    expect(events.at(-1)).toMatchObject({ type: 'run.finished', status: 'success', verdict: 'accepted', exitCode: 0, usage: { inputTokens: 1000 * server.received(), outputTokens: 100 * server.received() } });

    expect(hashTree(workspace)).toBe(before);
    const { patch, report } = events.at(-1) as { readonly patch: string; readonly report: string };
    expect(JSON.parse(await readFile(report, 'utf8'))).toBeTypeOf('object');
    await execute('git', ['apply', patch], { cwd: workspace });
    await execute(process.execPath, ['--test'], { cwd: workspace });
    expect(ended.stdout + await readFile(report, 'utf8')).not.toContain('test-key-0123456789');
  });

  it('prints the ending alone, shows the run afterwards, and sums it up', async () => {
    const ended = await run(await project(), '--output', 'json', '--id', 'first-run');
    expect(eventsOf(ended)).toMatchObject([{ type: 'run.finished', run: 'first-run', status: 'success' }]);
    expect((await fw(['runs'])).stdout).toMatch(/first-run +success +\S+ +\S+ \S+ +parseDuration/);
    expect(eventsOf(await fw(['runs', '--output', 'ndjson']))).toMatchObject([{ id: 'first-run', status: 'success' }]);
    const shown = (await fw(['show', 'first'])).stdout;
    expect(shown).toContain('c1     parseDuration');
    expect(shown).toMatch(/implementation .*code-complete/);
    expect(JSON.parse((await fw(['show', 'first-run', '--output', 'json'])).stdout)).toMatchObject({ id: 'first-run', verdict: { verdict: 'accepted' } });
    expect((await fw(['stats'])).stdout).toMatch(/1 run: 1 success/);
    expect(await fw(['resume', 'first-run', '--output', 'json'])).toMatchObject({ exitCode: 0 });
    expect(await fw(['approve', 'first-run'])).toMatchObject({ exitCode: 2, stdout: '' });
  });

  it('says in words what happens, and applies the patch when it is told to', async () => {
    const workspace = await project();
    const ended = await run(workspace, '--apply');
    expect(ended).toMatchObject({ exitCode: 0, stderr: `fw: the patch was applied to ${workspace}.\n` });
    expect(ended.stdout).toMatch(/✓ planning .*requirements-clear/);
    expect(ended.stdout).toContain('verdict: accepted');
    expect(ended.stdout).not.toContain('\u001b');
    expect(await readSource(workspace)).toContain('3_600_000 +');
  });

  it('commits the change on a new branch when it is told to, and leaves files, index and hooks alone', async () => {
    const repository = await project('repository/packages/duration').then((made) => path.dirname(path.dirname(made)));
    const workspace = path.join(repository, 'packages/duration');
    const git = async (...args: readonly string[]): Promise<string> => (await execute('git', ['-C', repository, '-c', 'user.name=x', '-c', 'user.email=x@x', ...args])).stdout;
    await git('init', '-q', '-b', 'main');
    await git('add', '-A');
    await git('commit', '-q', '-m', 'first');
    await writeFile(path.join(repository, '.git/hooks/reference-transaction'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    const ended = await run(workspace, '--branch', 'fw/duration');
    expect(ended).toMatchObject({ exitCode: 0, stderr: 'fw: the change is on the branch fw/duration.\n' });
    expect(await git('status', '--porcelain')).toBe('');
    expect(await git('rev-parse', '--abbrev-ref', 'HEAD')).toBe('main\n');
    expect(await git('show', 'fw/duration:packages/duration/src/parse-duration.js')).toContain('3_600_000 +');
    expect(await git('log', '--format=%s', 'main..fw/duration')).toMatch(/^parseDuration.*\n$/);
    await writeFile(path.join(folder(), 'approvals.json'), JSON.stringify({ workflow: { approvals: ['design'] } }));
    const waiting = await run(workspace, '--branch', 'later', '--id', 'waits', '--config', path.join(folder(), 'approvals.json'));
    expect(waiting.exitCode).toBe(4);
    await fw(['approve', 'waits']);
    expect(await fw(['resume', 'waits'])).toMatchObject({ exitCode: 0, stderr: 'fw: the change is on the branch later.\n' });
    expect(await fw(['resume', 'waits'])).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await git('diff', 'fw/duration', 'later')).toBe('');
    expect(await run(workspace, '--branch', 'fw/duration')).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('there is a branch of that name') as string });
    expect(await run(workspace, '--branch', '../x')).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('git takes no such name') as string });
    await writeFile(path.join(workspace, 'mine.txt'), '');
    expect(await run(workspace, '--branch', 'other')).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('changes that are not committed') as string });
    expect(await run(await project('no-repository'), '--branch', 'other')).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('no git repository') as string });
  });

  it('applies the patch when a run that was told to goes on after a pause, once, and only to the folder as it was', async () => {
    const workspace = await project();
    await writeFile(path.join(folder(), 'approvals.json'), JSON.stringify({ workflow: { approvals: ['design'] } }));
    expect(await run(workspace, '--apply', '--id', 'waits', '--config', path.join(folder(), 'approvals.json'))).toMatchObject({ exitCode: 4 });
    await fw(['approve', 'waits']);
    await writeFile(path.join(workspace, 'mine.txt'), '');
    expect(await fw(['resume', 'waits'])).toMatchObject({ exitCode: 8, stdout: expect.stringContaining('has changed since the run began') as string });
    expect(await readSource(workspace)).not.toContain('3_600_000 +');
    await rm(path.join(workspace, 'mine.txt'));
    expect(await fw(['resume', 'waits'])).toMatchObject({ exitCode: 0, stderr: `fw: the patch was applied to ${workspace}.\n` });
    expect(await readSource(workspace)).toContain('3_600_000 +');
    expect(await fw(['resume', 'waits'])).toMatchObject({ exitCode: 0, stderr: '' });
  });

  it('does not apply the patch to a folder that has changed meanwhile', async () => {
    const workspace = await project();
    const ended = runFw(['run', goal, '--workspace', workspace, '--model', 'openai/fake', '--apply', '--output', 'ndjson'], {
      cwd: folder(), env: { FW_HOME: path.join(folder(), 'home'), OPENAI_BASE_URL: server.baseURL },
      onOutput: (text) => { if (text.includes('"state":"testing"')) execFileSync('touch', [path.join(workspace, 'mine.txt')]); },
    });
    expect(eventsOf(await ended).at(-1)).toMatchObject({ type: 'run.finished', status: 'success', exitCode: 8, code: 'FW_APPLY_REFUSED' });
    expect((await ended).exitCode).toBe(8);
    expect(await readdir(path.join(workspace, 'test'))).toEqual(['parse-duration.test.js']);
  });
});

describe('fw run works', () => {
  it('on a read-only repository without a commit, with blanks and other letters in its path', async () => {
    const workspace = await project('größe 日本 x');
    await execute('git', ['init', '-q', workspace]);
    await chmod(path.join(workspace, 'src'), 0o555);
    await chmod(workspace, 0o555);
    const ended = await run(workspace, '--output', 'json');
    await chmod(workspace, 0o755);
    await chmod(path.join(workspace, 'src'), 0o755);
    expect(ended).toMatchObject({ exitCode: 0, stderr: '' });
  });

  it('on uncommitted changes, without a sandbox when told so, and its patch applies to them', async () => {
    const workspace = await project();
    await execute('git', ['init', '-q', workspace]);
    await execute('git', ['-C', workspace, 'add', '-A']);
    await execute('git', ['-C', workspace, '-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '-qm', 'first']);
    await appendFile(path.join(workspace, 'README.md'), 'changed\n');
    await writeFile(path.join(workspace, 'untracked.txt'), 'new\n');
    const before = hashTree(workspace);
    const ended = await run(workspace, '--output', 'json', '--unsandboxed');
    expect(ended.exitCode).toBe(0);
    expect(hashTree(workspace)).toBe(before);
    await execute('git', ['apply', (eventsOf(ended)[0] as { readonly patch: string }).patch], { cwd: workspace });
    expect(await readSource(workspace)).toContain('3_600_000 +');
  });

  it('with standard input closed and standard output read by nobody to its end', async () => {
    const workspace = await project();
    const command = `"${process.execPath}" "${path.join(import.meta.dirname, '../bin/fw.js')}" run "go" --workspace "${workspace}" --model openai/fake --output ndjson <&- | head -n 1`;
    const { stdout } = await execute('bash', ['-c', `set -o pipefail; ${command}`], { env: { PATH: process.env['PATH'], FW_HOME: path.join(folder(), 'home'), OPENAI_BASE_URL: server.baseURL } });
    expect(JSON.parse(stdout)).toMatchObject({ type: 'run.started' });
  });
});

describe('fw run ends with exit code 1', () => {
  it('when the model claims success without working code, and names the evidence', async () => {
    await server.close();
    server = await startFakeOpenai(playTeam(goal, (view) => (view.turn === 0
      ? call('write_file', { path: 'src/parse-duration.js', replace: true, content: `export const parseDuration = () => ${view.isRevision ? '5_400_000' : '0'};\n` })
      : call('finish', { summary: 'All works.', criteria: [{ id: 'c1', status: 'met', evidence: [] }] }))));
    const workspace = await project();
    const ended = await run(workspace, '--output', 'ndjson');
    expect(ended.exitCode).toBe(1);
    const events = eventsOf(ended);
    expect(events.at(-1)).toMatchObject({ type: 'run.finished', status: 'failed', exitCode: 1 });
    const reasons = events.flatMap((event) => (event.type === 'revision.requested' ? event.requests : []));
    expect(reasons.some((request) => request.what.includes('gives NaN for what is not a duration') && request.evidence.length > 0)).toBe(true);
    expect(JSON.stringify(events.at(-1))).toContain('test');
    const shown = (await fw(['show', events[0]?.run ?? ''])).stdout;
    expect(shown).toContain('sent back:');
  });

  it('when the model asks for tools with wrong arguments and then gives up, within bounds', async () => {
    await server.close();
    server = await startFakeOpenai(playTeam(goal, (view) => (view.turn < 2
      ? { toolCalls: [{ name: 'read_file', arguments: view.turn === 0 ? { file: 7 } : { path: '../../etc/passwd' } }, { name: 'no_such_tool', arguments: {} }] }
      : { text: 'I give up.' })));
    const ended = await run(await project(), '--output', 'json');
    expect(ended.exitCode).toBe(1);
    expect(eventsOf(ended)).toMatchObject([{ status: 'failed', patch: null }]);
    expect(server.received()).toBeLessThan(50);
  });
});

describe('fw run pauses', () => {
  it('when the provider refuses the key, and can be resumed when it no longer does', async () => {
    const good = playTeam(goal, playGoodDeveloper);
    let refuses = true;
    await server.close();
    server = await startFakeOpenai((request) => (refuses ? { status: 401 } : good(request)));
    const workspace = await project();
    const ended = await run(workspace, '--output', 'json', '--id', 'r1');
    expect(eventsOf(ended)).toMatchObject([{ type: 'run.paused', status: 'waiting', exitCode: 6 }]);
    expect(ended).toMatchObject({ exitCode: 6, stderr: 'fw: paused. Continue with: fw resume r1\n' });
    refuses = false;
    expect(eventsOf(await fw(['resume', 'r1', '--output', 'json']))).toMatchObject([{ type: 'run.finished', status: 'success' }]);
  });

  it('for a person, and goes on after the answer', async () => {
    const workspace = await project();
    await writeFile(path.join(folder(), 'fw.json'), JSON.stringify({ workflow: { approvals: ['design'] } }));
    const ended = await run(workspace, '--config', path.join(folder(), 'fw.json'), '--output', 'ndjson', '--id', 'r1');
    expect(ended.exitCode).toBe(4);
    expect(eventsOf(ended).map((event) => event.type)).toContain('approval.requested');
    expect(eventsOf(ended).at(-1)).toMatchObject({ type: 'run.paused', status: 'waiting', exitCode: 4 });
    expect((await fw(['runs'])).stdout).toContain('design');
    expect((await fw(['approve', 'r1', 'design', '-m', 'good'])).stdout).toMatch(/approved by .*fw resume r1/);
    expect(await fw(['approve', 'r1'])).toMatchObject({ exitCode: 2 });
    expect(eventsOf(await fw(['resume', 'r1', '--output', 'json']))).toMatchObject([{ status: 'success' }]);
  });
});
