import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { AgentContext, Json } from '@fw/agents-core';
import { checkWorkflow, memoryStore, verifyChain } from '@fw/workflow';
import type { JournalStore, RunOutcome, WorkflowDefinition } from '@fw/workflow';
import { sqliteStore } from '@fw/workflow/sqlite';
import { deferred, oneState, openEngine, temporaryFile, untilAborted, worker } from './programs.ts';

const input = { goal: 'x' };
async function runOf(work: Parameters<typeof worker>[0], store: JournalStore = memoryStore()): Promise<RunOutcome> {
  const engine = openEngine({ store, agents: [worker(work)] });
  const outcome = await (await engine.start({ id: 'r', definition: oneState, input })).result();
  verifyChain(await store.read('r'));
  expect(await engine.replay('r')).toMatchObject({ complete: true });
  return outcome;
}
const trap = new Proxy({}, { get() { throw new Error('trap'); }, has() { throw new Error('trap'); }, getPrototypeOf() { throw new Error('trap'); }, ownKeys() { throw new Error('trap'); } });

describe('what is thrown', () => {
  const odd: readonly unknown[] = [undefined, null, 0, '', Symbol('s'), 1n, trap, () => {}, Object.create(null), Object.freeze(new Error('frozen')), Object.defineProperty(new Error('x'), 'code', { get() { throw new Error('no'); } }), { code: 7, message: {} }, new Error('x'.repeat(5_000_000)), Object.assign(new Error('loop'), { cause: trap }), [], new Date(Number.NaN)];

  test('by a step is an ordinary failure with a code and words, whatever it is', async () => {
    const codes: unknown[] = [];
    expect(await runOf(async (context) => {
      for (const value of odd) await context.step('odd', () => { throw value; }).catch((error: { code: string; message: string }) => { codes.push(typeof error.code, error.message.length <= 10_000); });
      for (const value of odd) await context.step('later', async () => { await delay(0); throw value; }).catch((error: { code: string }) => { codes.push(typeof error.code, true); });
    })).toMatchObject({ status: 'success' });
    // Once in the run, once in its replay.
    expect(codes).toEqual(Array(odd.length * 4).fill(['string', true]).flat());
  });

  test('by an agent ends its run as failed, whatever it is', async () => {
    for (const value of odd) expect((await runOf(async () => { throw value; })).status).toBe('failed');
  });
});

describe('what is returned', () => {
  test('that is no JSON, is hostile or too deep fails the step; keys that could change a prototype stay data', async () => {
    const seen: unknown[] = [];
    let deep: unknown = 1;
    for (let level = 0; level < 20_000; level++) deep = [deep];
    await runOf(async (context) => {
      for (const value of [() => 1, Symbol('s'), 1n, trap, deep, { toJSON() { throw new Error('no'); } }, { toJSON: () => undefined }]) {
        seen.push(await context.step('odd', () => value as Json).then(() => 'kept', (error: { code: string }) => error.code));
      }
      const polluting = await context.step('polluting', () => JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"a":{"__proto__":2}}') as Json);
      seen.push(JSON.stringify(polluting), ({} as { polluted?: unknown }).polluted);
      await context.waitFor('__proto__', { timeoutMs: 1 });
      await context.step('__proto__', () => 1, { input: JSON.parse('{"__proto__":1}') as Json });
    });
    // Whether the fourth is a promise cannot even be asked.
    expect(seen.slice(0, 9)).toEqual([...Array(3).fill('FW_STEP_OUTPUT'), 'FW_STEP_FAILED', ...Array(3).fill('FW_STEP_OUTPUT'), '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"a":{"__proto__":2}}', undefined]);
  });

  test('a promise that is none, one that settles twice, one that hangs on to its thenable', async () => {
    const seen: unknown[] = [];
    await runOf(async (context) => {
      seen.push(await context.step('twice', () => ({ then(resolve: (value: number) => void, reject: (error: Error) => void) { resolve(1); reject(new Error('late')); resolve(2); } }) as never));
      seen.push(await context.step('thrower', () => ({ then() { throw new Error('no'); } }) as never).catch((error: Error) => error.message));
      seen.push(await context.step('nested', () => Promise.resolve({ then: (resolve: (value: number) => void) => resolve(3) }) as never));
      seen.push(await context.step('getter', () => ({ get then(): never { throw new Error('got'); } }) as never).catch((error: Error) => error.message));
    });
    expect(seen.slice(0, 4)).toEqual([1, 'no', 3, 'got']);
    expect(seen.slice(4)).toEqual(seen.slice(0, 4));
  });

  test('an artifact of 5 MB is kept, comes back whole, and the run replays', async () => {
    const store = sqliteStore(temporaryFile());
    const outcome = await runOf(async () => ({ status: 'done', artifacts: [{ id: 'a', kind: 'k', title: 't', schema: 's@1', content: 'x'.repeat(5_000_000), producer: { agent: 'w', version: '1', key: 'k' } }] }), store);
    expect(String(outcome.state.artifacts[0]?.content)).toHaveLength(5_000_000);
    await store.close();
  });
});

describe('many', () => {
  test('10,000 branches, of steps, of timers and of waits that time out', async () => {
    let sum = 0;
    expect(await runOf(async (context) => {
      const results = await context.all('many', Array.from({ length: 10_000 }, (_, index) => async (branch: AgentContext) => branch.step('work', () => index)));
      sum = results.reduce((left, right) => left + right, 0);
      await context.all('timers', Array.from({ length: 10_000 }, () => async (branch: AgentContext) => branch.sleep(0)));
      await context.all('waits', Array.from({ length: 2_000 }, (_, index) => async (branch: AgentContext) => branch.waitFor(`w${index}`, { timeoutMs: 1 })));
    })).toMatchObject({ status: 'success' });
    expect(sum).toBe(49_995_000);
  });

  test('the first of 5,000 wins and the others are aborted', async () => {
    expect(await runOf(async (context) => {
      await context.race<number>('first', Array.from({ length: 5_000 }, (_, index) => async (branch: AgentContext) => (index === 4_999 ? branch.step('quick', () => index) : branch.sleep(1e9).then(() => 0))));
    })).toMatchObject({ status: 'success' });
  });

  test('a definition of 3,000 states is checked', () => {
    const states = Object.fromEntries(Array.from({ length: 3_000 }, (_, index) => [`s${index}`, { capabilities: ['x'], on: { done: { to: index === 2_999 ? 'end' : `s${index + 1}`, event: 'e' } } }]));
    expect(checkWorkflow({ specVersion: 1, name: 'w', version: '1', initial: 's0', states: { ...states, end: { final: 'success' } } } satisfies WorkflowDefinition)).toEqual([]);
  });
});

describe('names', () => {
  test('that a store could mistake for another are refused', async () => {
    const engine = openEngine({ store: sqliteStore(temporaryFile()), agents: [worker(async () => {})] });
    for (const id of ['', '\u0000', 'a\nb', '\ud800', 'a\udfff', 'x'.repeat(1_001), 7, null, {}]) {
      await expect(engine.start({ id: id as string, definition: oneState, input })).rejects.toMatchObject({ code: 'FW_WORKFLOW_ILLEGAL' });
    }
    for (const id of ['__proto__', 'constructor', '../../etc', 'a b', 'ünï🚀', "'; drop table runs; --", 'a/b#1']) {
      expect(await (await engine.start({ id, definition: oneState, input })).result()).toMatchObject({ status: 'success' });
    }
    const codes: string[] = [];
    await runOf(async (context) => {
      for (const name of ['', 'a/b', 'a#b', 'a\nb', '\u0000', '\ud800', 'x'.repeat(201), 7 as never, undefined as never]) {
        await context.step(name, () => 1).catch((error: { code: string }) => codes.push(error.code));
        await context.waitFor(name, { timeoutMs: 1 }).catch((error: { code: string }) => codes.push(error.code));
      }
    });
    expect(codes).toEqual(Array(36).fill('FW_WORKFLOW_ILLEGAL'));
  });

  test('of agents like the engine\'s own entries change nothing', async () => {
    const store = memoryStore();
    const names = ['leave', 'enter', 'failure', 'limit', 'agents', 'workflow', 'migrated'];
    const states = Object.fromEntries(names.map((name, index) => [name === 'leave' ? 'first' : `s${index}`, { capabilities: [name], on: { done: { to: index === names.length - 1 ? 'hold' : `s${index + 1}`, event: 'e' } } }]));
    const definition = { specVersion: 1, name: 'w', version: '1', initial: 'first', states: { ...states, hold: { capabilities: ['hold'], on: { done: { to: 'end', event: 'e' } } }, end: { final: 'success' } } } as WorkflowDefinition;
    const agents = [...names, 'hold'].map((name) => ({ ...worker(async (context) => { await context.step('leave', () => 1); if (name === 'hold') await context.waitFor('go'); }), name, capabilities: [name] }));
    const engine = openEngine({ store, agents });
    await (await engine.start({ id: 'r', definition, input })).settled();
    await engine.close();
    let state = '';
    const again = openEngine({ store, agents });
    const run = await again.attach('r', { definition: { ...definition, version: '2' }, changed: (old) => { state = old.state.state; return { state: old.state }; } });
    expect(state).toBe('hold');
    expect(await run.settled()).toMatchObject({ status: 'waiting', questions: [{ name: 'go' }] });
    await run.signal('go', 1);
    expect(await run.result()).toMatchObject({ status: 'success' });
    expect(await again.replay('r')).toMatchObject({ complete: true });
  });
});

describe('a caller', () => {
  test('that cancels without a reason, with an object, or with a book, cancels', async () => {
    for (const reason of [undefined, null, { a: 1 }, trap, 'x'.repeat(1_000_000)]) {
      for (const store of [memoryStore(), sqliteStore(temporaryFile())]) {
        const reached = deferred();
        const engine = openEngine({ store, agents: [worker(async (context) => { await context.step('long', (step) => { reached.resolve(); return untilAborted(step.signal); }); })] });
        const run = await engine.start({ id: 'r', definition: oneState, input });
        await reached.promise;
        await run.cancel(reason as string);
        const outcome = await run.result();
        expect(outcome).toMatchObject({ status: 'cancelled', code: 'FW_WORKFLOW_CANCELLED' });
        expect(outcome.message!.length).toBeLessThanOrEqual(10_000);
        await engine.close();
        await store.close();
      }
    }
  });

  test('that cancels while an entry is being stored, whichever, ends the run as cancelled or as it would have ended, with a whole journal', async () => {
    for (let at = 1; at <= 16; at++) {
      const store = memoryStore();
      let appends = 0;
      const calls: string[] = [];
      const slow: JournalStore = {
        ...store,
        async append(id, token, entry) {
          if (++appends === at) void engine.watch('r').then((run) => run.cancel('now'));
          await delay(2);
          await store.append(id, token, entry);
        },
      };
      const work = async (context: AgentContext): Promise<void> => {
        await context.step('a', (step) => calls.push(step.key), { effect: 'once' });
        await context.all('both', [0, 1].map((index) => async (branch: AgentContext) => { await branch.step('b', (step) => delay(1).then(() => calls.push(step.key))); return branch.sleep(index); }));
        await context.waitFor('early', { timeoutMs: 1 });
      };
      const engine = openEngine({ store: slow, agents: [worker(work)] });
      const run = await engine.start({ id: 'r', definition: oneState, input });
      const { status } = await run.result();
      expect(['cancelled', 'success']).toContain(status);
      const entries = await store.read('r');
      verifyChain(entries);
      expect(entries.at(-1)).toMatchObject({ kind: 'run', output: { status } });
      expect(new Set(calls).size).toBe(calls.length);
      expect(await engine.replay('r')).toMatchObject({ complete: true });
      await engine.close();
      // As a process leaves it that died just before the end.
      const again = memoryStore();
      await again.create({ id: 'r', definition: oneState, input, fingerprint: 'f' }, 0, { entries: entries.slice(0, -1), answers: [] });
      const resumed = openEngine({ store: again, agents: [worker(work)] });
      expect(await (await resumed.attach('r')).result()).toMatchObject({ status });
      await resumed.close();
    }
  });

  test('that asks for entries from nowhere gets them all, or none', async () => {
    const store = sqliteStore(temporaryFile());
    const engine = openEngine({ store, agents: [worker(async (context) => { await context.step('a', () => 1); })] });
    const run = await engine.start({ id: 'r', definition: oneState, input });
    await run.result();
    const counts: number[] = [];
    for (const from of [-5, Number.NaN, 0.5, 1e300, undefined]) {
      const events: unknown[] = [];
      for await (const event of run.events({ from: from as number })) events.push(event);
      counts.push(events.length);
    }
    const all = (await store.read('r')).length;
    expect(counts).toEqual([all, all, all, 0, all]);
    await engine.close();
    await store.close();
  });
});

test('a clock that jumps back by an hour and forth by a day neither loses nor repeats anything, and now() never goes back', async () => {
  const store = memoryStore();
  let jumped = 0;
  const seen: number[] = [];
  let calls = 0;
  const engine = openEngine({ store, clock: () => Date.now() + jumped, agents: [worker(async (context) => {
    for (let index = 0; index < 12; index++) {
      await context.step('a', () => { jumped = [0, -3_600_000, 86_400_000][++calls % 3]!; return calls; });
      seen.push(context.now());
      if (index % 4 === 0) await context.sleep(2);
    }
  })] });
  const run = await engine.start({ id: 'r', definition: oneState, input });
  for (let status = ''; status !== 'success'; await delay(1)) {
    ({ status } = await run.settled());
    // The sleep was begun on a clock that was ahead.
    if (status === 'waiting') jumped = 86_500_000;
  }
  const last = seen.slice(-12);
  expect(last).toEqual([...last].sort((left, right) => left - right));
  verifyChain(await store.read('r'));
  expect(calls).toBe(12);
});

test('an agent that mixes timers of its own with durable operations ends, or is told that it stalls', async () => {
  const outcome = await runWithout(async (context) => {
    await Promise.all([context.step('a', () => delay(5, 1)), delay(1)]);
    await Promise.race([context.step('b', () => delay(5, 1)), delay(1)]);
    await delay(5);
    await context.step('c', () => 1);
  });
  expect(outcome).toMatch(/success|FW_WORKFLOW_(STALLED|DIVERGED)/);
});

async function runWithout(work: (context: AgentContext) => Promise<void>): Promise<string> {
  const engine = openEngine({ store: memoryStore(), agents: [worker(work)] });
  return (await engine.start({ id: 'r', definition: oneState, input })).result().then((outcome) => outcome.code ?? outcome.status, (error: { code: string }) => error.code);
}
