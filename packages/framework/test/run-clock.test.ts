import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { createFramework, exitCodeOf } from '@fw/framework';
import { createRunClock } from '../src/run-clock.ts';
import { makeProject } from './scripted-team.ts';

test('a run pauses when the time of its task is over, whatever it was in the middle of, and no process gives it more', async () => {
  const { directory, home } = await makeProject();
  // It never answers.
  const asked: unknown[] = [];
  const service = createServer((request) => asked.push(request));
  await new Promise<void>((resolve) => { service.listen(0, '127.0.0.1', resolve); });
  const config = { providers: { slow: { use: 'openai', api: 'chat', baseURL: `http://127.0.0.1:${String((service.address() as AddressInfo).port)}/v1` } }, models: { default: { use: 'slow/one' } } } as const;
  const task = { specVersion: 1, id: 'r1', goal: 'Add double(n).', workspace: { kind: 'directory', at: directory }, limits: { durationMs: 2_000 } } as const;
  const over = { status: 'waiting', code: 'FW_RUN_DURATION', message: expect.stringContaining('2000 ms of task.limits.durationMs are over') as string };
  const framework = createFramework({ config, home, sandbox: 'preferred' });
  const result = await framework.execute(task, { id: 'r1' });
  expect(result).toMatchObject(over);
  expect(exitCodeOf(result)).toBe(5);
  await framework.close();
  const calls = asked.length;

  const next = createFramework({ config, home, sandbox: 'preferred' });
  expect(await (await next.resume('r1')).result()).toMatchObject(over);
  expect(asked.length).toBe(calls);
  await next.close();
  service.closeAllConnections();
  service.close();
});

test('what a run waits for people is not its time', () => {
  let now = 1_000;
  const clock = createRunClock({ startedAt: 1_000, durationMs: 500, now: () => now });
  const begins = async (): Promise<boolean> => {
    let begun = false;
    await clock.limit({ leaf: async (_name, run) => ({ ...await run({ key: 'k', attempt: 1, signal: new AbortController().signal, progress() {} }), key: 'k', at: now }) })
      .leaf('step', () => { begun = true; return { output: null }; }, { origin: 'agent' }).catch(() => undefined);
    return begun;
  };
  // What was taken over from another run was that run's time.
  clock.settled({ kind: 'step', at: 10 });
  clock.settled({ kind: 'step', at: 1_100 });
  clock.settled({ kind: 'signal', at: 900_000 });
  now = 900_100;
  return expect(begins().then(async (first) => { now = 900_401; return [first, await begins()]; })).resolves.toEqual([true, false]);
});
