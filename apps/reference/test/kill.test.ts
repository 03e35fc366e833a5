import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { goal, makeProject, playGoodDeveloper } from './duration-project.ts';
import { startFakeOpenai } from './fake-openai.ts';
import type { FakeOpenai } from './fake-openai.ts';
import { playTeam } from './fake-team.ts';
import { runFw, startFw } from './start-fw.ts';
import type { Started } from './start-fw.ts';
import { useTemporaryFolder } from './temporary-folder.ts';

const folder = useTemporaryFolder();
let server: FakeOpenai;

beforeEach(async () => {
  server = await startFakeOpenai(playTeam(goal, playGoodDeveloper));
  await makeProject(path.join(folder(), 'project'));
});
afterEach(() => server.close());

function options(): { readonly cwd: string; readonly env: { readonly [name: string]: string } } {
  return { cwd: folder(), env: { FW_HOME: path.join(folder(), 'home'), OPENAI_BASE_URL: server.baseURL, OPENAI_API_KEY: 'k' } };
}

/** Starts a run and does something to it as soon as it says so. */
function startRun(when: string, then: (started: Started) => void): Started {
  let isDone = false;
  const started: Started = startFw(['run', goal, '--workspace', 'project', '--model', 'openai/fake', '--output', 'ndjson', '--id', 'r1'], {
    ...options(),
    onOutput(text) {
      if (isDone || !text.includes(when)) return;
      isDone = true;
      then(started);
    },
  });
  return started;
}

describe('a run that is killed', () => {
  it.each(['initialize', 'planning', 'analysis', 'design', 'implementation', 'testing', 'validation'])('in %s is finished by fw resume, and no answer that was kept is asked for again', async (state) => {
    let receivedBefore = 0;
    const started = startRun(`"type":"state.entered","state":"${state}"`, ({ process }) => { process.kill('SIGKILL'); });
    const killed = await started.ended;
    expect(killed.signal).toBe('SIGKILL');
    receivedBefore = server.received();
    const kept = killed.stdout.split('"type":"model.called"').length - 1;

    const resumed = await runFw(['resume', 'r1', '--output', 'json'], options());
    expect(resumed.stderr).toBe('');
    expect(JSON.parse(resumed.stdout)).toMatchObject({ type: 'run.finished', status: 'success', exitCode: 0 });
    const asked = [...server.counts.values()].reduce((sum, count) => sum + count, 0);
    expect(asked - server.counts.size).toBeLessThanOrEqual(receivedBefore - kept);
  });

  it('is continued by one of two that try at once; the other says so', async () => {
    await startRun('"type":"state.entered","state":"implementation"', ({ process }) => { process.kill('SIGKILL'); }).ended;
    const both = await Promise.all([1, 2].map(() => runFw(['resume', 'r1', '--output', 'json'], options())));
    const [winner, other] = both.sort((left, right) => Number(left.exitCode) - Number(right.exitCode));
    expect(winner).toMatchObject({ exitCode: 0, stderr: '' });
    expect(other).toMatchObject({ exitCode: 2, stdout: '' });
    expect(other?.stderr).toMatch(/^fw: .*r1.*\n$/);
  });
});

describe('a run that is stopped', () => {
  it('by Ctrl-C says how to go on, and goes on', async () => {
    const stopped = await startRun('"type":"state.entered","state":"implementation"', ({ process }) => { process.kill('SIGINT'); }).ended;
    expect(stopped).toMatchObject({ exitCode: 130, stderr: 'fw: stopped; everything finished is kept. Continue with: fw resume r1\n' });
    const resumed = await runFw(['resume', 'r1', '--output', 'json'], options());
    expect(JSON.parse(resumed.stdout)).toMatchObject({ status: 'success' });
  });

  it('by a polite kill exits 143, and is held by its process until then', async () => {
    const { promise, tell } = signalled();
    let isHeld = true;
    await server.close();
    const play = playTeam(goal, playGoodDeveloper);
    server = await startFakeOpenai(async (request) => {
      while (isHeld) await new Promise((resolve) => { setTimeout(resolve, 20); });
      return play(request);
    });
    const started = startRun('"type":"state.entered","state":"planning"', tell);
    await promise;
    const other = await runFw(['resume', 'r1'], options());
    expect(other).toMatchObject({ exitCode: 2, stdout: '' });
    expect(other.stderr).toMatch(/^fw: .*\n$/);
    started.process.kill('SIGTERM');
    expect(await started.ended).toMatchObject({ exitCode: 143 });
    isHeld = false;
  });
});

function signalled(): { readonly promise: Promise<void>; tell(): void } {
  let tell = (): void => undefined;
  const promise = new Promise<void>((resolve) => { tell = resolve; });
  return { promise, tell: () => { tell(); } };
}
