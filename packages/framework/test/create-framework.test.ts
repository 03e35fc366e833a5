import { execFileSync } from 'node:child_process';
import { cp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { Project } from '@fw/agents-core';
import { createFramework } from '@fw/framework';
import { sqliteStore } from '@fw/workflow/sqlite';
import type { Framework, RunEvent } from '@fw/framework';
import { configOf, developerOnlyTalks, developerWrites, makeProject } from './scripted-team.ts';

async function run(framework: Framework, directory: string, id = 'r1'): Promise<{ readonly events: readonly RunEvent[]; readonly result: Awaited<ReturnType<Framework['execute']>> }> {
  const started = await framework.start('Add double(n).', { workspace: directory, id });
  const events: RunEvent[] = [];
  for await (const event of started.events()) events.push(event);
  return { events, result: await started.result() };
}

test('a task becomes a verified patch, and the tree stays as it was', async () => {
  const { directory, home } = await makeProject();
  const framework = createFramework({ config: configOf(developerWrites('n * 2')), home, sandbox: 'preferred' });
  const { events, result } = await run(framework, directory);
  expect(result).toMatchObject({ status: 'success', verdict: { verdict: 'accepted' }, simulated: true });
  expect(events.filter((event) => event.type === 'state.entered').map((event) => event.state)).toEqual(['initialize', 'planning', 'analysis', 'design', 'implementation', 'testing', 'validation']);
  expect(events.filter((event) => event.type === 'state.left').map((event) => event.event)).toEqual(['new-task', 'requirements-clear', 'analysis-complete', 'design-approved', 'code-complete', 'tests-pass', 'success']);
  expect(events.at(-1)).toMatchObject({ type: 'run.finished', status: 'success', verdict: 'accepted', exitCode: 0, patch: result.patch, report: result.report });
  expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1));
  expect(await readFile(path.join(directory, 'src/math.js'), 'utf8')).toBe('export const one = 1;\n');

  const copy = `${directory}-patched`;
  await cp(directory, copy, { recursive: true });
  execFileSync('git', ['apply', result.patch!], { cwd: copy });
  execFileSync(process.execPath, ['--test'], { cwd: copy, env: { PATH: process.env['PATH'] } });

  expect(await framework.runs()).toMatchObject([{ id: 'r1', status: 'success', goal: 'Add double(n).' }]);
  expect(await framework.show('r1')).toMatchObject({ verdict: { verdict: 'accepted' }, patch: result.patch });
  expect(await framework.stats()).toMatchObject({ runs: 1, byStatus: { success: 1 } });
  expect(await readFile(result.report!.replace(/json$/, 'md'), 'utf8')).toContain('## Verdict: accepted');
  await framework.close();
});

test('agents are told what the project is like, and the notes of its people as they were found', async () => {
  const { directory, home } = await makeProject();
  await writeFile(path.join(directory, 'AGENTS.md'), 'Two spaces, no semicolons.');
  const framework = createFramework({ config: configOf(developerWrites('n * 2')), home, sandbox: 'preferred' });
  const { result } = await run(framework, directory);
  const project = result.artifacts.find(({ kind }) => kind === 'project')!.content as unknown as Project;
  expect(project.notes).toEqual([{ file: 'AGENTS.md', text: 'Two spaces, no semicolons.' }]);
  expect(project.environment).toEqual([
    expect.stringMatching(/^Runtime: .*node \d+/),
    'Tests: npm test, which is "node --test" (node:test). Before the change 1 passed, 0 failed.',
    'Scripts: test.', 'Files: 4 (2 js, 1 json, 1 md).', 'Layout: src/ (1), test/ (1), AGENTS.md, package.json',
  ]);
  expect(await framework.replay('r1')).toMatchObject({ complete: true });
  await framework.close();
});

test('wrong code is sent back with the evidence and ends as an honest refusal', async () => {
  const { directory, home } = await makeProject();
  const framework = createFramework({ config: configOf(developerWrites('n + 3')), home, sandbox: 'preferred' });
  const { events, result } = await run(framework, directory);
  expect(result).toMatchObject({ status: 'failed', verdict: { verdict: 'rejected' }, patch: null });
  expect(result.message).toContain('test/double.test.js');
  const revision = events.find((event) => event.type === 'revision.requested');
  expect(revision).toMatchObject({ from: 'testing', to: 'implementation' });
  expect(events.at(-1)).toMatchObject({ type: 'run.finished', exitCode: 1 });
  await framework.close();
});

test('a developer who only says that it is done does not get past the gate', async () => {
  const { directory, home } = await makeProject();
  const framework = createFramework({ config: configOf(developerOnlyTalks), home, sandbox: 'preferred' });
  const { result } = await run(framework, directory);
  expect(result.status).toBe('failed');
  expect(result.patch).toBeNull();
  await framework.close();
});

test('a design waits for a person where the config says so, and goes on in another process', async () => {
  const { directory, home } = await makeProject();
  const config = configOf(developerWrites('n * 2'), { workflow: { approvals: ['design'] } });
  const first = createFramework({ config, home, sandbox: 'preferred' });
  const { events, result } = await run(first, directory);
  expect(result).toMatchObject({ status: 'waiting', code: 'FW_RUN_WAITING' });
  expect(events.at(-1)).toMatchObject({ type: 'run.paused', exitCode: 4 });
  expect(events.some((event) => event.type === 'approval.requested' && event.gate === 'design')).toBe(true);
  await first.close();

  const second = createFramework({ config: {}, home, sandbox: 'preferred' });
  expect(await second.runs()).toMatchObject([{ status: 'waiting', waitingFor: 'approve:design' }]);
  await second.answer('r1', { decision: 'approve', by: 'ada' });
  await expect(second.answer('r1', { decision: 'reject', by: 'bob' })).rejects.toMatchObject({ code: 'FW_RUN_NOT_WAITING' });
  const resumed = await second.resume('r1');
  expect(await resumed.result()).toMatchObject({ status: 'success' });
  await second.close();
});

test('a run is not gone on with by other agents unasked; a raised budget or another key is no difference', async () => {
  const { directory, home } = await makeProject();
  const config = configOf(developerWrites('n * 2'), { workflow: { approvals: ['design'] } });
  const first = createFramework({ config, home, sandbox: 'preferred' });
  await run(first, directory);
  await expect(first.start('Add double(n).', { workspace: directory, id: 'r1' })).resolves.toMatchObject({ id: 'r1' });
  await first.answer('r1', { decision: 'approve', by: 'ada' });
  await first.close();

  const other = createFramework({ config: { plugins: [path.resolve(import.meta.dirname, '../../../examples/plugins/acme')] }, home, sandbox: 'preferred' });
  await expect(other.resume('r1')).rejects.toMatchObject({ code: 'FW_WORKFLOW_CHANGED', message: expect.stringContaining('fingerprint.agents.acme.auditor: nothing → "1.0.0"') as string });
  expect(await (await other.resume('r1', { pinned: true })).result()).toMatchObject({ status: 'success' });
  await other.close();
});

test('a run is bound to the prompts of its agents', async () => {
  const { home } = await makeProject();
  const store = sqliteStore(path.join(home, 'runs.sqlite'));
  const framework = createFramework({ config: configOf(developerOnlyTalks), home, sandbox: 'preferred' });
  await framework.execute('Add double(n).', { workspace: path.join(path.dirname(home), 'projekt mit ü'), id: 'r1' });
  const { agents } = JSON.parse((await store.get('r1'))!.fingerprint) as { readonly agents: { readonly [name: string]: string } };
  for (const agent of ['architect', 'developer', 'reviewer']) expect(agents[agent]).toMatch(/^\d+\.\d+\.\d+ [0-9a-f]{16}$/);
  await framework.close();
  await store.close();
});

test('a run whose budget is used up waits, and goes on when the budget was raised', async () => {
  const { directory, home } = await makeProject();
  const config = configOf(developerWrites('n * 2'));
  const first = createFramework({ config: { ...config, budgets: { run: { tokens: 6_000 } } }, home, sandbox: 'preferred' });
  const { events, result } = await run(first, directory);
  expect(result).toMatchObject({ status: 'waiting', code: 'FW_MODEL_BUDGET' });
  expect(events.at(-1)).toMatchObject({ type: 'run.paused', exitCode: 5 });
  const spent = result.usage.inputTokens + result.usage.outputTokens;
  expect(spent).toBeLessThanOrEqual(6_000);
  await first.close();

  const second = createFramework({ config: { ...config, budgets: { run: { tokens: 10_000_000 } } }, home, sandbox: 'preferred' });
  expect(await (await second.resume('r1')).result()).toMatchObject({ status: 'success' });
  await second.close();
});

test('the gate alone judges a folder without any model', async () => {
  const { directory, home } = await makeProject();
  const framework = createFramework({ config: {}, home, sandbox: 'preferred' });
  expect(await framework.judge({ directory })).toMatchObject({ version: 1, verdict: 'accepted', tests: { passed: 1, failed: 0 } });
  await framework.close();
});

test('the gate compares with HEAD where there is one, and with the revision that is named', async () => {
  const { directory, home } = await makeProject();
  const git = (...args: string[]): void => void execFileSync('git', ['-C', directory, '-c', 'user.name=ada', '-c', 'user.email=ada@example.org', ...args], { stdio: 'ignore' });
  git('init');
  git('add', '-A');
  git('commit', '-m', 'first');
  await writeFile(path.join(directory, 'src/math.js'), 'export const one = 2;\n');
  const framework = createFramework({ config: {}, home, sandbox: 'preferred' });
  const report = await framework.judge({ directory });
  expect(report).toMatchObject({ verdict: 'rejected', tests: { passed: 0, failed: 1 } });
  expect(report.base).not.toBe(report.tree);
  git('commit', '-am', 'second');
  expect((await framework.judge({ directory, base: 'HEAD~1' })).base).toBe(report.base);
  await expect(framework.judge({ directory, base: 'nowhere' })).rejects.toMatchObject({ code: 'FW_WORKSPACE_REVISION' });
  await framework.close();
});

test('a run that is not there is named, with those that come near', async () => {
  const { home } = await makeProject();
  const framework = createFramework({ config: {}, home });
  await expect(framework.resume('nothing')).rejects.toMatchObject({ code: 'FW_RUN_UNKNOWN' });
  await framework.close();
  await expect(framework.runs()).rejects.toMatchObject({ code: 'FW_CLOSED' });
});
