import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { beforeEach, describe, expect, it } from 'vitest';
import { goal, makeProject, playGoodDeveloper } from './duration-project.ts';
import { startFakeOpenai } from './fake-openai.ts';
import { playTeam } from './fake-team.ts';
import { runFw, startFw } from './start-fw.ts';
import type { Ended } from './start-fw.ts';
import { useTemporaryFolder } from './temporary-folder.ts';

const folder = useTemporaryFolder();
let env: { readonly [name: string]: string } = {};

const fw = (...args: readonly string[]): Promise<Ended> => runFw(args, { cwd: folder(), env });
const json = async (...args: readonly string[]): Promise<unknown> => JSON.parse((await fw(...args, '--output', 'json')).stdout);

interface Line {
  readonly seq: number;
  readonly state: string;
  readonly origin: string;
  readonly kind: string;
}
const modelCalls = (lines: readonly Line[]): number => lines.filter((line) => line.origin === 'model' && line.kind !== 'begin').length;

beforeEach(async () => {
  env = { FW_HOME: path.join(folder(), 'home') };
  await makeProject(path.join(folder(), 'project'));
});

async function withRun(work: (received: () => number) => Promise<void>): Promise<void> {
  const server = await startFakeOpenai(playTeam(goal, playGoodDeveloper));
  try {
    env = { ...env, OPENAI_BASE_URL: server.baseURL, OPENAI_API_KEY: 'sk-run-store-secret' };
    expect(await fw('run', goal, '--workspace', 'project', '--model', 'openai/fake', '--id', 'r1', '--quiet')).toMatchObject({ exitCode: 0 });
    await work(() => server.received());
  } finally {
    await server.close();
  }
}

describe('the runs that are kept', () => {
  it('are logged, replayed without a key or network, forked at any entry, exported, imported and removed', async () => {
    await withRun(async (received) => {
      const lines = await json('logs', 'r1') as readonly Line[];
      expect(lines[0]).toMatchObject({ seq: 1 });
      expect((await fw('logs', 'r')).stdout).toMatch(/^SEQ +TIME +STATE/);
      const asked = lines.find((line) => line.origin === 'model' && line.kind === 'step' && line.state === 'implementation')!;
      expect(await json('logs', 'r1', '--step', String(asked.seq))).toMatchObject({ seq: asked.seq, input: { messages: [{ role: 'system' }, { role: 'user' }] }, output: { finishReason: 'tool-calls' } });
      expect((await fw('logs', 'r1', '--step', String(asked.seq))).stdout).toMatch(/Asked with\n {2}\[system\]\n[\s\S]+\n {2}\[user\]\n[\s\S]+\nGave\n/);

      const before = received();
      expect(await runFw(['replay', 'r1'], { cwd: folder(), env: { FW_HOME: env['FW_HOME'] ?? '' } })).toMatchObject({ exitCode: 0, stderr: '', stdout: expect.stringContaining(`${String(lines.length)} entries`) as string });
      expect(received()).toBe(before);

      const at = lines.findLast((line) => line.state === 'design')?.seq ?? 0;
      const forked = await json('fork', '--at', String(at), '--set', 'model.developer=openai/fake-2', '--id', 'f1', 'r1');
      expect(forked).toMatchObject({ type: 'run.finished', run: 'f1', status: 'success' });
      expect(received() - before).toBe(modelCalls(lines) - modelCalls(lines.filter((line) => line.seq <= at)));
      expect(await json('replay', 'f1')).toMatchObject({ same: true, complete: true });

      const file = path.join(folder(), 'r1.json');
      expect(await fw('export', 'r1', '--to', file)).toMatchObject({ exitCode: 0, stdout: '' });
      const archive = await readFile(file, 'utf8');
      expect((await fw('export', 'r1')).stdout).toBe(archive);
      expect(archive).not.toContain('sk-run-store-secret');
      const page = (await fw('export', 'r1', '--html')).stdout;
      expect(page).toMatch(/^<!doctype html>/);
      expect(page).toContain('src/parse-duration.js');
      expect(page).not.toMatch(/<script|sk-run-store-secret/);

      expect(await fw('rm', 'r1')).toMatchObject({ exitCode: 0 });
      expect(await fw('show', 'r1')).toMatchObject({ exitCode: 2 });
      expect(await json('import', file)).toEqual({ run: 'r1' });
      expect(await json('show', 'r1')).toMatchObject({ status: 'success', verdict: { verdict: 'accepted' } });
      expect(await fw('import', file)).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('already') as string });
      expect(await json('replay', 'r1')).toMatchObject({ same: true, entries: lines.length });

      expect(await fw('prune', '--older-than', '0s', '--keep', '1')).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^1 run removed/) as string });
      expect(await json('runs')).toHaveLength(1);
    });
  });

  it('do not replay when a byte of their journal was changed', async () => {
    await withRun(async () => {
      const store = new DatabaseSync(path.join(env['FW_HOME'] ?? '', 'runs.sqlite'));
      const entries = store.prepare('SELECT seq, body FROM entries WHERE run = ?').all('r1') as { readonly seq: number; readonly body: string }[];
      const spoken = entries.find((entry) => entry.body.includes('PT1H') || entry.body.includes('5400000'));
      store.prepare('UPDATE entries SET body = ? WHERE run = ? AND seq = ?').run(spoken?.body.replace('5400000', '5400001') ?? '', 'r1', spoken?.seq ?? 0);
      store.close();
      expect(await fw('replay', 'r1')).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('does not replay') as string });
    });
  });

  it('are followed and stopped from another terminal', async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => { release = resolve; });
    const team = playTeam(goal, playGoodDeveloper);
    const server = await startFakeOpenai(async (request) => {
      const answer = await team(request);
      if (JSON.stringify(answer).includes('run_tests')) await held;
      return answer;
    });
    env = { ...env, OPENAI_BASE_URL: server.baseURL, OPENAI_API_KEY: 'k' };
    const started = startFw(['run', goal, '--workspace', 'project', '--model', 'openai/fake', '--id', 'r1', '--output', 'ndjson'], { cwd: folder(), env });
    await new Promise<void>((resolve) => { const timer = setInterval(() => { if (started.stdout().includes('"state":"implementation"')) { clearInterval(timer); resolve(); } }, 50); });
    const attached = startFw(['attach', 'r1', '--output', 'ndjson'], { cwd: folder(), env });
    await new Promise<void>((resolve) => { const timer = setInterval(() => { if (attached.stdout().includes('"state":"implementation"')) { clearInterval(timer); resolve(); } }, 50); });
    expect(await fw('stop', 'r1', '-m', 'Wrong task.')).toMatchObject({ exitCode: 0, stdout: 'r1 is cancelled.\n' });
    const [run, watcher] = await Promise.all([started.ended, attached.ended]);
    release();
    await server.close();
    expect(run.exitCode).toBe(130);
    expect(watcher.exitCode).toBe(130);
    expect(JSON.parse(watcher.stdout.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({ type: 'run.finished', status: 'cancelled' });
  });

  it('say what is wrong with what they are asked for', async () => {
    await withRun(async () => {
      for (const [args, code, message] of [
        [['fork', 'r1'], 2, /--at/], [['fork', 'r1', '--at', 'x'], 2, /fw logs r1/], [['fork', 'r1', '--at', '9999'], 2, /9999/], [['fork', 'r1', '--at', '3', '--set', 'colour=red'], 2, /model\.<agent>/],
        [['fork', 'r1', '--at', '3', '--set', 'model.developer=nobody/x'], 3, /nobody/], [['prune', '--older-than', 'long'], 2, /30d/], [['import', 'none.json'], 2, /none\.json/], [['logs', 'r9'], 2, /r9/], [['logs', 'r1', '--step', '9999'], 2, /9999/], [['logs', 'r1', '--step', '-1'], 2, /--step/],
      ] as const) {
        const ended = await fw(...args);
        expect([args.join(' '), ended.exitCode]).toEqual([args.join(' '), code]);
        expect(ended.stderr).toMatch(message);
      }
    });
  });
});

describe('fw workflow', () => {
  it('shows the machine of fw run, and checks one of your own', async () => {
    expect((await fw('workflow', 'show')).stdout).toMatch(/^stateDiagram-v2\n/);
    const definition = await json('workflow', 'show') as { readonly name: string; readonly initial: string };
    const file = path.join(folder(), 'machine.json');
    await writeFile(file, JSON.stringify(definition));
    expect(await fw('workflow', 'check', file)).toMatchObject({ exitCode: 0 });
    expect((await fw('workflow', 'show', file)).stdout).toMatch(/^stateDiagram-v2\n/);
    await writeFile(file, JSON.stringify({ ...definition, initial: 'nowhere' }));
    expect(await fw('workflow', 'check', file)).toMatchObject({ exitCode: 3, stdout: expect.stringContaining('nowhere') as string });
    await writeFile(file, '{');
    expect(await fw('workflow', 'check', file)).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('is not JSON') as string });
  });
});
