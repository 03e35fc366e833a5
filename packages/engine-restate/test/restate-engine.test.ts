import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { RestateEngine, RestateEngineOptions } from '@fw/engine-restate';
import { createLocalEngine, defineWorkflow, memoryStore, WorkflowError } from '@fw/workflow';
import type { Agent, AgentContext, JournalStore, RunHandle, RunHost } from '@fw/workflow';
import { withoutHost } from '@fw/workflow/engine-kit';
import { entriesOf, openEngine, start, untilAborted, worker } from './programs.ts';
import { freePorts, startRestateServer } from '@fw/engine-restate/server';
import type { RestateServer } from '@fw/engine-restate/server';

let server: RestateServer;
beforeAll(async () => { server = await startRestateServer(); });
afterAll(() => server?.close());

let count = 0;
async function optionsFor(agents: readonly Agent[], more: Partial<RestateEngineOptions> = {}): Promise<RestateEngineOptions> {
  const [port] = await freePorts(1);
  return { store: memoryStore(), restate: server, service: `fw${++count}`, agents, worker: { port: port! }, ...more };
}
const open = async (work: (context: AgentContext) => Promise<void>, more?: Partial<RestateEngineOptions>): Promise<RestateEngine> => openEngine(await optionsFor([worker(work)], more));

async function asked(run: RunHandle, name: string): Promise<void> {
  for (;;) {
    const waiting = await run.settled();
    if (waiting.status === 'waiting' && waiting.questions.some((question) => question.name === name)) return;
    await delay(5);
  }
}
const codeOf = (error: { readonly code: string }): string => error.code;

describe('cancel', () => {
  test('reaches a step while it runs, also one that Restate itself was asked to cancel', async () => {
    for (const by of ['us', 'Restate'] as const) {
      const reached = Promise.withResolvers<void>();
      let ending = '';
      const engine = await open(async (context) => {
        await context.step('long', async (step) => {
          reached.resolve();
          // What takes the abort later than in a second ends by itself.
          ending = await delay(1_000, 'by itself', { signal: step.signal }).catch(() => 'aborted');
          return ending;
        });
      });
      const run = await start(engine, 'r');
      await reached.promise;
      if (by === 'us') await run.cancel('not any more');
      else await fetch(`${server.adminUrl}/invocations/${await invocationOf(count)}/cancel`, { method: 'PATCH' });
      expect(await run.result()).toMatchObject({ status: 'cancelled', message: by === 'us' ? 'not any more' : 'The run was cancelled in Restate.' });
      expect(ending).toBe('aborted');
    }
  });

  test('and answers reach a run while a step of it takes longer than a run may wait in memory', async () => {
    const [port] = await freePorts(1);
    const reached = Promise.withResolvers<void>();
    let ending = '';
    const engine = await open(async (context) => {
      await context.race('either', [
        async (branch) => branch.step('long', async (step) => {
          reached.resolve();
          ending = await delay(20_000, 'by itself', { signal: step.signal }).catch(() => 'aborted');
          return ending;
        }),
        async (branch) => (await branch.waitFor<string>('go')) ?? '',
      ]);
      await context.step('again', (step) => untilAborted(step.signal));
    }, { worker: { port: port!, inactivityTimeoutMs: 20 } });
    const run = await start(engine, 'r');
    await reached.promise;
    await delay(200);
    await run.signal('go', 'on');
    for await (const entry of run.events({ live: true })) if ('kind' in entry && entry.kind === 'signal') break;
    await delay(200);
    await run.cancel('enough');
    expect(await run.result()).toMatchObject({ status: 'cancelled' });
    expect(ending).toBe('aborted');
  });

  test('ends a run whose step does not listen', async () => {
    const reached = Promise.withResolvers<void>();
    const never = Promise.withResolvers<null>();
    const engine = await open(async (context) => { await context.step('deaf', () => { reached.resolve(); return never.promise; }); });
    const run = await start(engine, 'r');
    await reached.promise;
    await run.cancel('enough');
    expect(await run.result()).toMatchObject({ status: 'cancelled' });
    never.resolve(null);
  });

  test('ends the runs that a run has begun', async () => {
    const child = defineWorkflow({ specVersion: 1, name: 'child', version: '1', initial: 'help', states: { help: { capabilities: ['help'], on: { done: { to: 'end', event: 'helped' } } }, end: { final: 'success' } } });
    const reached = Promise.withResolvers<void>();
    const helper = worker(async (context) => { await context.step('long', (step) => { reached.resolve(); return untilAborted(step.signal); }); }, { name: 'helper', capabilities: ['help'] });
    const engine = openEngine(await optionsFor([worker(async (context) => { await context.child('helper', 'child', { goal: 'x' }); }), helper], { definitions: [child] }));
    const run = await start(engine, 'r');
    await reached.promise;
    await run.cancel('no more');
    expect(await run.result()).toMatchObject({ status: 'cancelled' });
    for await (const { id } of engine.list()) expect(await (await engine.watch(id)).result()).toMatchObject({ status: 'cancelled' });
  });

  test('ends a run that cannot go on otherwise: without its agents, or with changed code', async () => {
    const lonely = openEngine(await optionsFor([worker(async () => {}, { name: 'other', capabilities: ['other'] })]));
    const run = await start(lonely, 'r');
    expect(await run.result().catch(codeOf)).toBe('FW_WORKFLOW_NO_AGENT');
    await run.cancel('give up');
    expect(await run.result()).toMatchObject({ status: 'cancelled', message: 'give up' });

    let name = 'a';
    const options = await optionsFor([worker(async (context) => { await context.step(name, () => 1); await context.waitFor('go'); })]);
    const before = openEngine(options);
    await asked(await start(before, 'r'), 'go');
    await before.close();
    name = 'b';
    const changed = await openEngine(options).attach('r');
    expect(await changed.result().catch(codeOf)).toBe('FW_WORKFLOW_DIVERGED');
    await changed.cancel('give up');
    expect(await changed.result()).toMatchObject({ status: 'cancelled' });
    expect((await entriesOf(changed)).map(({ key }) => key)).toEqual(['r/workflow#1', 'r/work#1/enter#1', 'r/work#1/worker#1/a#1', 'r/!end']);
    expect(await server.query(`select id from sys_invocation where target_service_name = 'fw${count}' and target_handler_name = 'run' and status <> 'completed'`)).toEqual([]);
  });
});

describe('a run', () => {
  test('takes ids with any characters but those that no address can hold', async () => {
    const engine = await open(async (context) => { await context.step('key', (step) => step.key); await context.waitFor('go'); });
    for (const id of ['a/b', 'x?y=1#z', '100%', '../up', '%2e%2e', ' ü 漢 👩‍💻', `a'b"c\\`, '__proto__', 'x'.repeat(1_000)]) {
      const run = await start(engine, id);
      await run.signal('go', 1);
      expect(await run.result()).toMatchObject({ status: 'success' });
      expect((await entriesOf(run)).map(({ output }) => output)).toContain(`${id}/work#1/worker#1/key#1`);
    }
    for (const id of ['.', '..', '\ud800', 'a\nb', '', 'x'.repeat(1_001)]) await expect(start(engine, id)).rejects.toMatchObject({ code: 'FW_WORKFLOW_ILLEGAL' });
  });

  test('has outputs, answers and inputs of 5 MB, of which Restate keeps the hashes', async () => {
    const engine = await open(async (context) => {
      const large = await context.step('large', () => 'y'.repeat(5 << 20));
      const answer = await context.waitFor<string>('go');
      await context.step('lengths', () => [large.length, answer!.length, context.task.goal.length]);
    });
    const run = await start(engine, 'r', { goal: 'z'.repeat(5 << 20) });
    await run.signal('go', 'w'.repeat(5 << 20));
    expect(await run.result()).toMatchObject({ status: 'success' });
    expect((await entriesOf(run)).find(({ key }) => key.includes('/lengths'))?.output).toEqual([5 << 20, 5 << 20, 5 << 20]);
    const [journal] = await server.query(`select sum(raw_length) as bytes from sys_journal where id = '${await invocationOf(count)}'`);
    expect(Number(journal!['bytes'])).toBeLessThan(64 * 1024);
  });

  test('has 1,000 steps, and 300 branches at once', async () => {
    const engine = await open(async (context) => {
      for (let index = 0; index < 1_000; index++) await context.step('one', () => index);
      await context.all('many', Array.from({ length: 300 }, (_, index) => async (branch: AgentContext) => branch.step('one', () => index)));
    });
    const run = await start(engine, 'r');
    expect(await run.result()).toMatchObject({ status: 'success' });
    expect(await entriesOf(run)).toHaveLength(1_304);
  });

  test('gives Restate what every attempt gives alike: one that died while it ended can be ended again', async () => {
    const engine = await open(async (context) => { await context.step('a', () => 1); });
    const run = await start(engine, 'r');
    await run.result();
    const { seq, at } = (await entriesOf(run)).at(-1)!;
    const output = await fetch(`${server.ingressUrl}/restate/workflow/fw${count}/r/attach`);
    expect(await output.json()).toEqual({ status: 'success', entries: seq, at });
  });

  test('is one of 200 that go on side by side', async () => {
    const engine = await open(async (context) => {
      for (let index = 0; index < 5; index++) await context.step('one', () => delay(2, index));
      await context.sleep(20);
    });
    const runs = await Promise.all(Array.from({ length: 200 }, (_, index) => start(engine, `r${index}`)));
    for (const run of runs) expect(await run.result()).toMatchObject({ status: 'success' });
  });

  test('that was paused does nothing until it is attached', async () => {
    let calls = 0;
    let hasBudget = false;
    const host: RunHost = {
      ...withoutHost,
      context: (agent) => (durable, port, scope) => ({
        ...withoutHost.context(agent)(durable, port, scope),
        emit: () => void port.leaf('model', () => {
          calls++;
          if (!hasBudget) throw Object.assign(new Error('spent'), { code: 'FW_MODEL_BUDGET' });
          return { output: 'said' };
        }, { origin: 'model', pauses: (error) => ({ code: (error as { code: string }).code, message: 'spent' }) }).catch(() => {}),
      }),
    };
    const engine = await open(async (context) => { context.emit({ type: 'x' } as never); await context.step('after', () => 1); }, { host: () => host });
    const run = await start(engine, 'r');
    expect(await run.settled()).toMatchObject({ status: 'waiting', code: 'FW_MODEL_BUDGET' });
    const invocation = await invocationOf(count);
    while ((await server.query(`select status from sys_invocation where id = '${invocation}'`))[0]?.['status'] !== 'paused') await delay(5);
    hasBudget = true;
    await engine.attach('r');
    expect(await run.result()).toMatchObject({ status: 'success' });
    expect(calls).toBe(2);
  });

  test('goes on after its store could not be written for a while, and nothing that finished runs again', async () => {
    const store = memoryStore();
    let faults = 0;
    let calls = 0;
    const faulty: JournalStore = {
      ...store,
      async append(run, token, entry) {
        if (entry.key.includes('/b#') && ++faults <= 2) throw new WorkflowError('FW_STORE_FAILED', { message: 'The disk is full.' });
        await store.append(run, token, entry);
      },
    };
    const engine = await open(async (context) => { await context.step('a', () => ++calls); await context.step('b', () => ++calls); await context.step('c', () => ++calls); }, { store: faulty });
    const run = await start(engine, 'r');
    while ((await run.result().catch(codeOf)) === 'FW_STORE_FAILED') await delay(20);
    expect(await run.result()).toMatchObject({ status: 'success' });
    expect([calls, faults]).toEqual([3, 3]);
  });

  test('is not begun anew by a Restate that has lost it', async () => {
    const other = await startRestateServer();
    try {
      let calls = 0;
      const options = await optionsFor([worker(async (context) => { await context.step('a', () => ++calls); await context.waitFor('go'); })]);
      const before = openEngine({ ...options, restate: other });
      await asked(await start(before, 'r'), 'go');
      await before.close();
      const run = await openEngine(options).attach('r');
      await expect(run.result()).rejects.toMatchObject({ code: 'FW_RESTATE_FORGOTTEN' });
      expect(calls).toBe(1);
    } finally {
      await other.close();
    }
  });

  test('cannot be forked or migrated on Restate, and says so; an embedded engine on the same store forks it', async () => {
    let calls = 0;
    const options = await optionsFor([worker(async (context) => { await context.step('a', () => ++calls); await context.waitFor('go'); })]);
    const engine = openEngine(options);
    await asked(await start(engine, 'r'), 'go');
    const local = createLocalEngine({ store: options.store, agents: options.agents! });
    onTestFinished(() => local.close());
    const forked = await local.fork('r', { at: 3, id: 'forked' });
    await forked.signal('go', 1);
    expect(await forked.result()).toMatchObject({ status: 'success' });
    expect(calls).toBe(1);
    await expect(engine.fork('r', { at: 1 })).rejects.toMatchObject({ code: 'FW_WORKFLOW_UNSUPPORTED' });
    await expect(engine.attach('r', { fingerprint: 'other' })).rejects.toMatchObject({ code: 'FW_WORKFLOW_CHANGED' });
    await expect(engine.attach('r', { fingerprint: 'other', changed: ({ state }) => ({ state }) })).rejects.toMatchObject({ code: 'FW_WORKFLOW_UNSUPPORTED' });
    const run = await engine.attach('r', { fingerprint: 'other', changed: 'pinned' });
    await run.signal('go', 1);
    expect(await run.result()).toMatchObject({ status: 'success' });
  });
});

describe('what is wrong is said', () => {
  test('when no Restate answers, within the time that a request may take', async () => {
    const [nobody] = await freePorts(1);
    const restate = { ingressUrl: `http://127.0.0.1:${nobody}`, adminUrl: `http://127.0.0.1:${nobody}`, requestTimeoutMs: 300 };
    const unreachable = { code: 'FW_RESTATE_UNREACHABLE', retryable: true };
    const serving = await open(async () => {}, { restate });
    await expect(serving.ready()).rejects.toMatchObject(unreachable);
    await expect(start(serving, 'r')).rejects.toMatchObject(unreachable);
    await expect(start(openEngine({ store: memoryStore(), restate }), 'r')).rejects.toMatchObject(unreachable);
  });

  test('when nobody serves runs; the first worker begins what was left then', async () => {
    const options = await optionsFor([worker(async (context) => { await context.step('a', () => 1); })]);
    const client = openEngine({ store: options.store, restate: server, service: options.service! });
    await expect(start(client, 'r')).rejects.toMatchObject({ code: 'FW_RESTATE_NO_WORKER' });
    expect(await options.store.get('r')).toMatchObject({ status: 'waiting', paused: { code: 'FW_RUN_QUEUED' } });
    openEngine(options);
    expect(await (await client.watch('r')).result()).toMatchObject({ status: 'success' });
  });

  test('of addresses and names that cannot be, before anything is asked', () => {
    for (const options of [{ restate: { ingressUrl: 'localhost:8080' } }, { restate: { adminUrl: 'file:///x' } }, { service: 'a/b' }, { service: '' }]) {
      expect(() => openEngine({ store: memoryStore(), ...options })).toThrow(expect.objectContaining({ code: 'FW_RESTATE_CONFIG' }));
    }
  });

  test('to whoever calls the handlers in Restate with something else than the engine does', async () => {
    const engine = await open(async (context) => { await context.waitFor('go'); });
    const run = await start(engine, 'r');
    for (const [handler, body] of [['answer', '{}'], ['answer', 'null'], ['answer', '{"promise":"cancel","value":1}'], ['cancel', '[]'], ['cancel', '{"reason":1}'], ['answer', 'no json']] as const) {
      const response = await fetch(`${server.ingressUrl}/fw${count}/r/${handler}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
      expect([response.status, body]).toEqual([400, body]);
    }
    await run.signal('go', 1);
    expect(await run.result()).toMatchObject({ status: 'success' });
  });
});

async function invocationOf(service: number): Promise<string> {
  const [row] = await server.query(`select id from sys_invocation where target_service_name = 'fw${service}' and target_handler_name = 'run'`);
  return String(row!['id']);
}
