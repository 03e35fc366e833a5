import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { freePorts, startRestateServer } from '@fw/engine-restate/server';
import type { RestateServer } from '@fw/engine-restate/server';
import { goal, makeProject, playGoodDeveloper } from './duration-project.ts';
import { startFakeOpenai } from './fake-openai.ts';
import type { FakeOpenai } from './fake-openai.ts';
import { playTeam } from './fake-team.ts';
import { runFw, startFw } from './start-fw.ts';
import type { Ended, Started } from './start-fw.ts';
import { useTemporaryFolder } from './temporary-folder.ts';

const folder = useTemporaryFolder();
let models: FakeOpenai;
beforeEach(async () => {
  models = await startFakeOpenai(playTeam(goal, playGoodDeveloper));
  await makeProject(path.join(folder(), 'project'));
});
afterEach(() => models.close());

function options(): { readonly cwd: string; readonly env: { readonly [name: string]: string } } {
  return { cwd: folder(), env: { FW_HOME: path.join(folder(), 'home'), OPENAI_BASE_URL: models.baseURL, OPENAI_API_KEY: 'k' } };
}
const fw = (...args: readonly string[]): Promise<Ended> => runFw(args, options());

/** Starts a command and resolves when it has written that. */
async function startUntil(text: string, ...args: readonly string[]): Promise<Started> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const started = startFw(args, { ...options(), onOutput: (output) => { if (output.includes(text)) resolve(); } });
  onTestFinished(() => { started.process.kill('SIGKILL'); });
  await Promise.race([promise, started.ended.then(({ stderr, stdout }) => { if (!stdout.includes(text)) throw new Error(`It ended: ${stdout}${stderr}`); })]);
  return started;
}
const run = ['run', goal, '--workspace', 'project', '--model', 'openai/fake', '--id', 'r1', '--output', 'ndjson'] as const;
const inImplementation = '"type":"state.entered","state":"implementation"';

/** Resolves when the worker says that a run has come to that. */
async function saidBy(worker: Started, text: string): Promise<void> {
  while (!worker.stdout().includes(text)) await new Promise((resolve) => { setTimeout(resolve, 20); });
}

describe('fw worker', () => {
  it('takes up what a killed process left, with no one asking, and ends with 143 or 130', async () => {
    const killed = await startUntil(inImplementation, ...run);
    killed.process.kill('SIGKILL');
    await killed.ended;
    const worker = await startUntil('Works on the runs', 'worker', '--engine', 'local');
    await saidBy(worker, 'r1  success');
    worker.process.kill('SIGTERM');
    expect(await worker.ended).toMatchObject({ exitCode: 143, stderr: '' });
    const shown = JSON.parse((await fw('show', 'r1', '--output', 'json')).stdout) as { readonly status: string; readonly patch: string | null };
    expect(shown).toMatchObject({ status: 'success', patch: expect.stringContaining('change.patch') });

    const other = await startUntil('"worker.started"', 'worker', '--output', 'ndjson');
    other.process.kill('SIGINT');
    expect(await other.ended).toMatchObject({ exitCode: 130, stderr: '' });
  });

  it('goes on with a run that a person has approved, with no one resuming it', async () => {
    await writeFile(path.join(folder(), 'project', 'fw.config.json'), JSON.stringify({ workflow: { approvals: ['design'] } }));
    expect(await fw(...run)).toMatchObject({ exitCode: 4 });
    const worker = await startUntil('Works on the runs', 'worker');
    expect(await fw('approve', 'r1')).toMatchObject({ exitCode: 0 });
    await saidBy(worker, 'r1  success');
    worker.process.kill('SIGTERM');
    expect(await worker.ended).toMatchObject({ exitCode: 143 });
  });

  it.each([
    [['--engine', 'elsewhere'], 2, /local or restate/],
    [['--engine', 'restate', '--port', '99999'], 2, /port/],
    [['--engine', 'local', '--port', '9080'], 2, /--engine restate/],
    [['--engine', 'restate', '--ingress', 'nonsense'], 3, /nonsense/],
  ])('says what is wrong with %j', async (args, exitCode, message) => {
    const ended = await fw('worker', ...args);
    expect(ended).toMatchObject({ exitCode, stdout: '' });
    expect(ended.stderr).toMatch(/^fw: .*\n$/);
    expect(ended.stderr).toMatch(message);
  });
});

describe('fw worker --engine restate', () => {
  let restate: RestateServer;
  beforeAll(async () => { restate = await startRestateServer(); });
  afterAll(() => restate.close());

  it('does the runs that are begun with it; one that is killed leaves them to another, and a person is waited for', async () => {
    const [port] = await freePorts(1);
    const engine = { use: 'restate', ingressUrl: restate.ingressUrl, adminUrl: restate.adminUrl, port };
    await writeFile(path.join(folder(), 'project', 'fw.config.json'), JSON.stringify({ engine, workflow: { approvals: ['design'] } }));
    const serve = ['worker', '--engine', 'restate', '--ingress', restate.ingressUrl, '--admin', restate.adminUrl, '--port', String(port)] as const;
    expect(await fw(...run)).toMatchObject({ exitCode: 6, stderr: expect.stringContaining('fw worker --engine restate') });

    const [first, second] = [await startUntil('Works on the runs', ...serve), await startUntil('Works on the runs', ...serve)];
    const left = await startUntil('"state":"initialize"', ...run);
    left.process.kill('SIGINT');
    expect(await left.ended).toMatchObject({ exitCode: 130, stderr: 'fw: left; its workers go on with it. Follow it with: fw resume r1\n' });
    const asked = await fw(...run);
    expect(asked).toMatchObject({ exitCode: 4 });
    expect(await fw('approve', 'r1')).toMatchObject({ exitCode: 0 });
    const following = await startUntil(inImplementation, 'resume', 'r1', '--output', 'ndjson');
    first.process.kill('SIGKILL');
    expect(await following.ended).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse((await fw('show', 'r1', '--output', 'json')).stdout)).toMatchObject({ status: 'success', patch: expect.stringContaining('change.patch') });
    second.process.kill('SIGTERM');
    expect(await second.ended).toMatchObject({ exitCode: 143 });
  });
});
