import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { RestateEngine } from '@fw/engine-restate';
import { projectEntries, verifyChain } from '@fw/workflow';
import type { JournalStore } from '@fw/workflow';
import { sqliteStore } from '@fw/workflow/sqlite';
import { entriesOf, openEngine, start, temporaryFolder } from './programs.ts';
import { freePorts, startRestateServer } from '@fw/engine-restate/server';
import type { RestateServer } from '@fw/engine-restate/server';
import { effectsIn, repeatedSteps, startWorkerProcess } from './worker-process.ts';
import type { WorkerArguments } from './worker-process.ts';

let server: RestateServer;
// Its own timeouts are far below what steps take here.
beforeAll(async () => { server = await startRestateServer({ RESTATE_WORKER__INVOKER__INACTIVITY_TIMEOUT: '200ms', RESTATE_WORKER__INVOKER__ABORT_TIMEOUT: '200ms' }); });
afterAll(() => server?.close());

interface Place {
  readonly args: WorkerArguments;
  readonly store: JournalStore;
  /** Begins, watches and answers; it serves nothing. */
  readonly client: RestateEngine;
}

/** A worker that is gone when its test ends. */
async function startWorker(args: WorkerArguments): Promise<ChildProcess> {
  const child = await startWorkerProcess(args);
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  });
  return child;
}

let count = 0;
async function place(): Promise<Place> {
  const folder = temporaryFolder();
  const [port] = await freePorts(1);
  const store = sqliteStore(join(folder, 'journal.db'));
  onTestFinished(() => store.close());
  const args = { server, port: port!, service: `fw${++count}`, store: join(folder, 'journal.db'), effects: join(folder, 'effects') };
  return { args, store, client: openEngine({ store, restate: server, service: args.service, worker: false }) };
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await delay(5);
}

describe('workers', () => {
  test('a worker that is killed leaves its runs to another one at the same place, and no finished step runs again', async () => {
    const { args, client } = await place();
    const workers = [await startWorker(args), await startWorker(args)];
    const runs = await Promise.all(Array.from({ length: 10 }, (_, index) => start(client, `r${index}`, { goal: 'steps 8 20' })));
    // Restate gives a connection to one of them, and runs to connections: the one that works is killed.
    const finishedBy = (pid: number | undefined): number => effectsIn(args.effects).filter((effect) => effect.what === 'end' && effect.pid === pid).length;
    await until(() => workers.some(({ pid }) => finishedBy(pid) >= 10));
    workers.find(({ pid }) => finishedBy(pid) >= 10)!.kill('SIGKILL');
    for (const run of runs) expect(await run.result()).toMatchObject({ status: 'success' });
    const projections = await Promise.all(runs.map(async (run) => {
      const entries = await entriesOf(run);
      verifyChain(entries);
      return JSON.stringify(projectEntries(entries)).replaceAll(`${run.id}/`, '');
    }));
    expect(new Set(projections).size).toBe(1);
    for (const run of runs) expect(repeatedSteps(effectsIn(args.effects).filter(({ key }) => key.startsWith(`${run.id}/`)))).toEqual([]);
  });

  test('a worker that is told to stop puts its runs down, ends, and another one goes on', async () => {
    const { args, client } = await place();
    const first = await startWorker(args);
    const run = await start(client, 'r', { goal: 'steps 4 150' });
    await until(() => effectsIn(args.effects).some(({ what }) => what === 'end'));
    const ended = new Promise((resolve) => first.once('exit', resolve));
    first.kill('SIGTERM');
    expect(await ended).toBe(0);
    await startWorker(args);
    expect(await run.result()).toMatchObject({ status: 'success' });
    expect(repeatedSteps(effectsIn(args.effects))).toEqual([]);
  });

  test('a step that takes longer than the default timeouts of the server runs once', async () => {
    const { args, client } = await place();
    await startWorker({ ...args, inactivityTimeoutMs: 100 });
    const run = await start(client, 'r', { goal: 'steps 2 1000' });
    expect(await run.result()).toMatchObject({ status: 'success' });
    expect(effectsIn(args.effects).map(({ what }) => what)).toEqual(['begin', 'end', 'begin', 'end']);
  });

  test('runs that wait are kept by Restate alone, and go on in whatever worker there is', async () => {
    const { args, client, store } = await place();
    const first = await startWorker({ ...args, inactivityTimeoutMs: 100 });
    const runs = await Promise.all(Array.from({ length: 20 }, (_, index) => start(client, `r${index}`, { goal: 'wait' })));
    for (const run of runs) await until(async () => (await run.settled()).status === 'waiting' && (await store.get(run.id))!.questions.length === 1);
    await until(async () => (await server.query(`select id from sys_invocation where status = 'suspended' and target_service_name = '${args.service}'`)).length === 20);
    first.kill('SIGKILL');
    await startWorker(args);
    await Promise.all(runs.map((run) => run.signal('go', 1)));
    for (const run of runs) expect(await run.result()).toMatchObject({ status: 'success' });
  });

  test('a new version runs beside the old one: old runs end on the old code, new ones begin on the new', async () => {
    const { args, client } = await place();
    const [other] = await freePorts(1);
    await startWorker({ ...args, version: '1' });
    const old = await start(client, 'old', { goal: 'versions 1' });
    await until(async () => (await old.settled()).status === 'waiting');
    await startWorker({ ...args, port: other!, version: '2' });
    const young = await start(client, 'young', { goal: 'versions 1' });
    for (const run of [old, young]) {
      await until(async () => { const waiting = await run.settled(); return waiting.status === 'waiting' && waiting.questions.length === 1; });
      await run.signal('go', 1);
      expect(await run.result()).toMatchObject({ status: 'success' });
    }
    const outputs = await Promise.all([old, young].map(async (run) => (await entriesOf(run)).filter(({ key }) => /effect|by /.test(key)).map(({ output }) => output)));
    expect(outputs).toEqual([['1', '1'], ['2', '2']]);
  });

  test('a worker of another version does not take the place of one that is there', async () => {
    const { args } = await place();
    await startWorker({ ...args, version: '1' });
    const engine = openEngine({ store: sqliteStore(args.store), restate: server, service: args.service, agents: [], worker: { port: args.port, version: '2' } });
    await expect(engine.ready()).rejects.toMatchObject({ code: 'FW_RESTATE_PORT' });
  });
});

describe('the server', () => {
  test('is killed and restarted: every run goes on, and no finished step runs again', async () => {
    const { args, client } = await place();
    await startWorker(args);
    const runs = await Promise.all(Array.from({ length: 10 }, (_, index) => start(client, `r${index}`, { goal: index < 5 ? 'steps 10 60' : 'wait 1 1' })));
    await until(() => effectsIn(args.effects).filter(({ what }) => what === 'end').length >= 10);
    await server.kill();
    await delay(200);
    await server.restart();
    await Promise.all(runs.slice(5).map((run) => run.signal('go', 1)));
    for (const run of runs) expect(await run.result()).toMatchObject({ status: 'success' });
    for (const run of runs) expect(repeatedSteps(effectsIn(args.effects).filter(({ key }) => key.startsWith(`${run.id}/`)))).toEqual([]);
  });
});
