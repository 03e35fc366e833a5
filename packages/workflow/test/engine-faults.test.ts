import { getEventListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Json } from '@fw/agents-core';
import { memoryStore, projectEntries, verifyChain } from '@fw/workflow';
import type { JournalStore, LiveDelta, RunHost } from '@fw/workflow';
import { deferred, faultyStore, oneState, openEngine, untilAborted, worker } from './programs.ts';

const input = { goal: 'x' };
const keysOf = async (store: JournalStore, id: string): Promise<string[]> => projectEntries(await store.read(id)).map((entry) => entry.key);
const hostWith = (more: Partial<RunHost>): RunHost => ({ context: () => () => ({}) as never, facts: () => ({ evidence: [], guards: {} }), ...more });

test('a run that was killed between its last entry and its end has one last entry', async () => {
  const store = memoryStore();
  let fail = true;
  const flaky: JournalStore = { ...store, async finish(...finish) { if (fail) throw new Error('gone'); return store.finish(...finish); } };
  const agents = [worker(async (context) => { await context.step('a', () => 1); })];
  const run = await openEngine({ store: flaky, agents }).start({ id: 'r', definition: oneState, input });
  await expect(run.result()).rejects.toThrow('gone');
  fail = false;
  const again = await openEngine({ store: flaky, agents }).attach('r');
  expect(await again.result()).toMatchObject({ status: 'success' });
  expect((await keysOf(store, 'r')).filter((key) => key === 'r/!end')).toHaveLength(1);
});

test('an append that fails leaves no gap behind it, and the run continues when the disk has room', async () => {
  for (const when of ['before', 'after'] as const) {
    const store = memoryStore();
    let full = true;
    const faulty = faultyStore(store, (entry) => (full && entry.key.endsWith('/b#1') && entry.kind === 'step' ? when : undefined));
    const agents = [worker(async (context) => {
      await context.all('both', ['a', 'b', 'c', 'd'].map((name, index) => async (branch) => branch.step(name, () => delay(index * 3, name))));
    })];
    const run = await openEngine({ store: faulty, agents }).start({ id: 'r', definition: oneState, input });
    await expect(run.result()).rejects.toMatchObject({ code: 'FW_STORE_FAILED' });
    await delay(30);
    verifyChain(await store.read('r'));
    full = false;
    expect(await (await openEngine({ store: faulty, agents }).attach('r')).result()).toMatchObject({ status: 'success' });
    verifyChain(await store.read('r'));
  }
});

test('a run that is started or answered inside a step of another one is a run of its own', async () => {
  const store = memoryStore();
  const inner = openEngine({ store: memoryStore(), agents: [worker(async (context) => { await context.step('b', () => 1); })] });
  const outer = openEngine({ store, agents: [worker(async (context) => {
    await context.step('a', async () => (await (await inner.start({ id: 'inner', definition: oneState, input })).result()).status);
  })] });
  const run = await outer.start({ id: 'outer', definition: oneState, input });
  expect(await run.result()).toMatchObject({ status: 'success' });
  expect((await store.read('outer')).find((entry) => entry.key.endsWith('/a#1') && entry.kind === 'step')).toMatchObject({ output: 'success' });
});

test('nothing that is asked for inside a step is counted, so a replay finds the same keys', async () => {
  const store = memoryStore();
  const refused: string[] = [];
  const ids: string[] = [];
  const atEnd = deferred();
  let stop = true;
  const agents = [worker(async (context) => {
    await context.step('leaf', async () => {
      const tries: (() => unknown)[] = [() => context.step('late', () => 1), () => context.scope('late', async () => 1), () => context.all('late', []), () => context.sleep(1), () => context.waitFor('late'), () => context.id(), () => context.random()];
      for (const attempt of tries) {
        try { await attempt(); } catch (error) { refused.push((error as { code: string }).code); }
      }
      return 1;
    });
    ids.push(context.id());
    await context.step('late', () => 1, { input: context.id() });
    await context.step('end', async (step) => { atEnd.resolve(); if (stop) await untilAborted(step.signal); return 1; });
  })];
  const first = openEngine({ store, agents });
  await first.start({ id: 'r', definition: oneState, input });
  await atEnd.promise;
  await first.close();
  stop = false;
  expect(await (await openEngine({ store, agents }).attach('r')).result()).toMatchObject({ status: 'success' });
  expect(refused).toEqual(Array(7).fill('FW_WORKFLOW_NESTED'));
  expect(ids[0]).toBe(ids[1]);
});

test('an answer goes to the question that is open, not to one whose time ran out', async () => {
  const store = memoryStore();
  const answers: Json[] = [];
  const engine = openEngine({ store, agents: [worker(async (context) => {
    answers.push((await context.waitFor('ok', { timeoutMs: 5 })) ?? 'nothing');
    answers.push((await context.waitFor('ok', { question: 'again?' })) ?? 'nothing');
  })] });
  const run = await engine.start({ id: 'r', definition: oneState, input });
  expect(await run.settled()).toMatchObject({ status: 'waiting', questions: [{ name: 'ok', ordinal: 2 }] });
  await run.signal('ok', 'yes');
  expect(await run.result()).toMatchObject({ status: 'success' });
  expect(answers.slice(-2)).toEqual(['nothing', 'yes']);
});

test('a step whose effect is uncertain is told of before the run is put down for a person', async () => {
  const store = memoryStore();
  let crash = true;
  const faulty = faultyStore(store, (entry) => (crash && entry.kind === 'step' && entry.key.includes('pay') ? 'before' : undefined));
  let calls = 0;
  const agents = [worker(async (context) => {
    const outcome = await context.race('either', [
      async (branch) => branch.step('pay', () => ++calls, { effect: 'once' }).catch((error: { code: string }) => error.code),
      async (branch) => (await branch.waitFor<string>('go')) ?? 'nothing',
    ]);
    await context.step('seen', () => outcome);
  })];
  const run = await openEngine({ store: faulty, agents }).start({ id: 'r', definition: oneState, input });
  await expect(run.result()).rejects.toMatchObject({ code: 'FW_STORE_FAILED' });
  crash = false;
  // Appends that take a while must not let the run be put down in between.
  const slow: JournalStore = { ...store, append: async (...entry) => { await delay(5); return store.append(...entry); } };
  expect(await (await openEngine({ store: slow, agents }).attach('r')).settled()).toMatchObject({ status: 'success' });
  expect(calls).toBe(1);
  expect((await store.read('r')).find((entry) => entry.key.endsWith('/seen#1') && entry.kind === 'step')).toMatchObject({ output: 'FW_STEP_UNCERTAIN' });
});

test('a run with a damaged journal is put aside and the others are taken up', async () => {
  const store = memoryStore();
  const agents = [worker(async (context) => { await context.step('a', () => 1); })];
  for (const id of ['bad', 'good']) {
    await store.create({ id, definition: oneState, input, fingerprint: 'f' }, 1);
    const claim = await store.claim(id, { holder: 'x', now: 1, ttlMs: 1 });
    await store.append(id, claim!.token, { run: id, seq: 1, order: [0], key: `${id}/workflow#1`, kind: 'step', at: 1, attempt: 1, origin: 'engine', output: id === 'bad' ? 'changed' : { agents: { work: ['worker'] }, steps: [] }, previous: '', hash: id === 'bad' ? 'nonsense' : '' });
  }
  const damaged: JournalStore = { ...store, claim: async (id, options) => { const claim = await store.claim(id, options); return claim && id === 'good' ? { ...claim, entries: [] } : claim; }, append: async (run, token, entry) => store.append(run, token, { ...entry, seq: entry.seq + 1 }) };
  const engine = openEngine({ store: damaged, agents });
  const bad = await engine.watch('bad');
  const good = await engine.watch('good');
  expect(await good.result()).toMatchObject({ status: 'success' });
  expect(await bad.settled().catch((error: unknown) => error)).toMatchObject({ code: 'FW_JOURNAL_BROKEN' });
  expect(await store.read('bad')).toHaveLength(1);
});

test('a run that cannot be replayed can still be cancelled', async () => {
  const store = memoryStore();
  const first = openEngine({ store, agents: [worker(async (context) => { await context.step('a', () => 1); await context.waitFor('go'); })] });
  await (await first.start({ id: 'r', definition: oneState, input })).settled();
  await first.close();
  const second = openEngine({ store, agents: [worker(async (context) => { await context.step('other', () => 1); })] });
  const before = await store.read('r');
  const run = await second.attach('r');
  await expect(run.result()).rejects.toMatchObject({ code: 'FW_WORKFLOW_DIVERGED' });
  expect(await store.read('r')).toEqual(before);
  await run.cancel('not worth it');
  expect(await run.result()).toMatchObject({ status: 'cancelled', message: 'not worth it' });
});

test('result() and settled() of a run that broke say so also when they are asked late', async () => {
  const store = memoryStore();
  const first = openEngine({ store, agents: [worker(async (context) => { await context.step('a', () => 1); await context.waitFor('go'); })] });
  await (await first.start({ id: 'r', definition: oneState, input })).settled();
  await first.close();
  const run = await openEngine({ store, agents: [worker(async () => {})] }).attach('r');
  await delay(30);
  await expect(run.result()).rejects.toMatchObject({ code: 'FW_WORKFLOW_DIVERGED' });
  await expect(run.settled()).rejects.toMatchObject({ code: 'FW_WORKFLOW_DIVERGED' });
});

test('close waits for the step in flight, which is not recorded as failed and runs again later', async () => {
  const store = memoryStore();
  const attempts: number[] = [];
  let ended = false;
  const started = deferred();
  const agents = [worker(async (context) => {
    await context.step('long', async (step) => {
      attempts.push(step.attempt);
      started.resolve();
      if (step.attempt > 1) return 1;
      await untilAborted(step.signal).catch(() => delay(20));
      ended = true;
      throw new Error('interrupted');
    });
  })];
  const first = openEngine({ store, agents });
  await first.start({ id: 'r', definition: oneState, input });
  await started.promise;
  await first.close();
  expect(ended).toBe(true);
  expect((await store.read('r')).some((entry) => entry.kind === 'failed')).toBe(false);
  expect(await (await openEngine({ store, agents }).attach('r')).result()).toMatchObject({ status: 'success' });
  expect(attempts).toEqual([1, 2]);
});

test('a step that is interrupted because another part of the run broke is not recorded as failed', async () => {
  const store = memoryStore();
  let crash = true;
  const faulty: JournalStore = { ...store, ask: async (...ask) => { if (crash) throw new Error('no room'); return store.ask(...ask); } };
  const host = (): RunHost => hostWith({ close: () => delay(20).then(() => {}) });
  const agents = [worker(async (context) => {
    await context.all('both', [
      async (branch) => branch.step('long', async (step) => (step.attempt > 1 ? 1 : untilAborted(step.signal))),
      async (branch) => { await branch.step('first', () => 1); await branch.waitFor('go'); return 1; },
    ]);
  })];
  const run = await openEngine({ store: faulty, agents, host }).start({ id: 'r', definition: oneState, input });
  await expect(run.result()).rejects.toThrow('no room');
  await delay(40);
  expect((await store.read('r')).filter((entry) => entry.kind === 'failed')).toEqual([]);
  crash = false;
  const again = await openEngine({ store: faulty, agents, host }).attach('r');
  await again.signal('go', 1);
  expect(await again.result()).toMatchObject({ status: 'success' });
});

test('a run that was paused continues as soon as somebody who saw it attaches', async () => {
  const store = memoryStore();
  let budget = 0;
  const engine = openEngine({
    store,
    host: () => hostWith({ context: () => (_durable, port) => ({ spend: () => port.leaf('spend', () => { if (budget === 0) throw new Error('empty'); return { output: 1 }; }, { origin: 'model', pauses: () => ({ code: 'FW_BUDGET', message: 'The budget is spent.' }) }) }) as never }),
    agents: [worker(async (context) => { await (context as unknown as { spend(): Promise<unknown> }).spend(); })],
  });
  const run = await engine.start({ id: 'r', definition: oneState, input });
  expect(await run.settled()).toMatchObject({ status: 'waiting', code: 'FW_BUDGET' });
  budget = 1;
  expect(await (await engine.attach('r')).result()).toMatchObject({ status: 'success' });
});

test('what an agent does to a value that a step gave it does not reach the journal', async () => {
  const store = memoryStore();
  const agents = [worker(async (context) => {
    const list = await context.step<Json[]>('list', () => [1]);
    list.push(2);
    await context.waitFor('go');
    await context.step('list', () => list);
  })];
  const engine = openEngine({ store, agents });
  const run = await engine.start({ id: 'r', definition: oneState, input });
  await run.settled();
  await run.signal('go', 1);
  expect(await run.result()).toMatchObject({ status: 'success' });
  verifyChain(await store.read('r'));
});

test('the caller keeps its input: it is neither frozen nor shared', async () => {
  const mine = { goal: 'x', constraints: ['a'] };
  const engine = openEngine({ store: memoryStore(), agents: [worker(async (context) => { await context.waitFor('go'); })] });
  const run = await engine.start({ id: 'r', definition: oneState, input: mine });
  await run.settled();
  mine.constraints.push('b');
  expect(Object.isFrozen(mine)).toBe(false);
  await run.signal('go', 1);
  expect(await run.result()).toMatchObject({ status: 'success' });
});

test('a host that throws while it closes does not undo a success', async () => {
  const engine = openEngine({ store: memoryStore(), host: () => hostWith({ close: () => { throw new Error('stuck'); } }), agents: [worker(async () => {})] });
  const run = await engine.start({ id: 'r', definition: oneState, input });
  expect(await run.result()).toMatchObject({ status: 'success' });
});

test('an agent that could not be initialized is initialized again the next time', async () => {
  let tries = 0;
  const engine = openEngine({ store: memoryStore(), agents: [worker(async () => {}, { initialize: async () => { if (++tries === 1) throw new Error('no network'); } })] });
  const run = await engine.start({ id: 'r', definition: oneState, input });
  await expect(run.result()).rejects.toThrow('no network');
  expect(await (await engine.attach('r')).result()).toMatchObject({ status: 'success' });
});

test('an error that only looks like a cancel is an ordinary failure of the agent', async () => {
  const engine = openEngine({ store: memoryStore(), agents: [worker(async (context) => {
    await context.step('a', () => { throw Object.assign(new Error('the inner run was cancelled'), { code: 'FW_WORKFLOW_CANCELLED' }); });
  })] });
  const run = await engine.start({ id: 'r', definition: oneState, input });
  expect(await run.result()).toMatchObject({ status: 'failed', code: 'FW_WORKFLOW_CANCELLED' });
});

test('values that make no sense are refused by name', async () => {
  const codes: string[] = [];
  const engine = openEngine({ store: memoryStore(), agents: [worker(async (context) => {
    const tries: (() => Promise<unknown>)[] = [
      () => context.all('x', [async () => 1], { concurrency: 0 }), () => context.all('x', [async () => 1], { concurrency: -2 }),
      () => context.sleep(-1), () => context.sleep(Number.NaN), () => context.waitFor('x', { timeoutMs: Number.NaN }),
      () => context.step('x', () => 1, { timeoutMs: Number.NaN }), () => context.step('x', () => 1, { input: 1n as never }),
      () => context.step('a/b', () => 1), () => context.step('', () => 1), () => context.step(7 as never, () => 1), () => context.race('x', []),
      () => context.waitFor('x', { schema: { type: 'nonsense' } }),
    ];
    for (const attempt of tries) await attempt().then(() => codes.push('accepted'), (error: { code: string }) => codes.push(error.code));
  })] });
  const run = await engine.start({ id: 'r', definition: oneState, input });
  expect(await run.result()).toMatchObject({ status: 'success' });
  expect(codes).toEqual(Array(12).fill('FW_WORKFLOW_ILLEGAL'));
  await expect(engine.start({ id: 'r2', definition: oneState, input: 1n as never })).rejects.toMatchObject({ code: 'FW_WORKFLOW_ILLEGAL' });
  await expect(engine.start({ id: '', definition: oneState, input })).rejects.toMatchObject({ code: 'FW_WORKFLOW_ILLEGAL' });
  await expect(run.signal('x', undefined as never)).rejects.toMatchObject({ code: 'FW_SIGNAL_INVALID' });
});

test('a step that returns no JSON fails, and what JSON leaves out is left out for the agent too', async () => {
  const seen: unknown[] = [];
  const cycle: { [key: string]: unknown } = {};
  cycle['self'] = cycle;
  const engine = openEngine({ store: memoryStore(), agents: [worker(async (context) => {
    for (const value of [cycle, 1n, () => 1, { toJSON() { throw new Error('no'); } }]) {
      seen.push(await context.step('bad', () => value as never).catch((error: { code: string }) => error.code));
    }
    seen.push(await context.step('good', () => [Number.NaN, undefined, { a: undefined, b: new Date(0) }] as never), await context.step('nothing', () => undefined as never));
  })] });
  expect(await (await engine.start({ id: 'r', definition: oneState, input })).result()).toMatchObject({ status: 'success' });
  expect(seen).toEqual([...Array(4).fill('FW_STEP_OUTPUT'), [null, null, { b: '1970-01-01T00:00:00.000Z' }], null]);
});

test('an output of 10 MB is kept as a blob and comes back whole; one that only looks like a reference is not taken for one', async () => {
  const store = memoryStore();
  const seen: Json[] = [];
  const agents = [worker(async (context) => {
    seen.push((await context.step('big', () => 'x'.repeat(10_000_000))).length, await context.step('fake', () => ({ blob: 'f00', bytes: 1, mediaType: 'text/plain' })));
    await context.waitFor('go');
  })];
  const run = await openEngine({ store, agents }).start({ id: 'r', definition: oneState, input });
  await run.settled();
  await run.signal('go', 1);
  expect(await run.result()).toMatchObject({ status: 'success' });
  expect(seen).toEqual([10_000_000, { blob: 'f00', bytes: 1, mediaType: 'text/plain' }, 10_000_000, { blob: 'f00', bytes: 1, mediaType: 'text/plain' }]);
  expect(JSON.stringify(await store.read('r')).length).toBeLessThan(10_000);
});

test('a blob that is gone or was changed stops the run with a coded error', async () => {
  for (const [bytes, code] of [[undefined, 'FW_BLOB_MISSING'], ['"other"', 'FW_JOURNAL_BROKEN']] as const) {
    const store = memoryStore();
    const agents = [worker(async (context) => { await context.step('big', () => 'x'.repeat(100_000)); await context.waitFor('go'); })];
    const first = openEngine({ store, agents });
    await (await first.start({ id: 'r', definition: oneState, input })).settled();
    await first.close();
    const get = bytes === undefined ? (): Promise<Uint8Array> => memoryStore().blobs.get('0') : async (): Promise<Uint8Array> => new TextEncoder().encode(bytes);
    const run = await openEngine({ store: { ...store, blobs: { ...store.blobs, get } }, agents }).attach('r');
    await expect(run.result()).rejects.toMatchObject({ code });
  }
});

test('an answer that does not fit the schema of its question is refused and the question stays open', async () => {
  const store = memoryStore();
  const answers: unknown[] = [];
  const schema = { type: 'object', properties: { decision: { enum: ['approve', 'reject'] } }, required: ['decision'] };
  const engine = openEngine({ store, agents: [worker(async (context) => {
    answers.push(await context.waitFor('early', { schema }).catch((error: { code: string }) => error.code));
    answers.push(await context.waitFor('ok', { schema }));
  })] });
  await store.create({ id: 'r', definition: oneState, input, fingerprint: 'f' }, Date.now());
  await store.answer('r', 'early', 'nonsense', Date.now());
  const run = await engine.attach('r');
  expect(await run.settled()).toMatchObject({ questions: [{ name: 'ok', schema }] });
  await expect(run.signal('ok', { decision: 'maybe' })).rejects.toMatchObject({ code: 'FW_SIGNAL_INVALID' });
  await run.signal('ok', { decision: 'approve' });
  expect(await run.result()).toMatchObject({ status: 'success' });
  expect(answers.slice(-2)).toEqual(['FW_SIGNAL_INVALID', { decision: 'approve' }]);
});

test('secrets reach neither agent, journal, question, outcome nor watchers', async () => {
  const store = memoryStore();
  const hide = (value: Json): Json => JSON.parse(JSON.stringify(value).replaceAll('s3cret', '***')) as Json;
  const engine = openEngine({ store, redact: hide, agents: [worker(async (context) => {
    const value = await context.step('a', (step) => { step.progress('half of s3cret'); return 's3cret'; });
    await context.step('b', () => { throw new Error('s3cret'); }).catch(() => {});
    await context.waitFor('ok', { question: 's3cret?' });
    return { status: 'failed', artifacts: [], code: 'X', message: `s3cret ${String(value)}` };
  })] });
  const run = await engine.start({ id: 'r', definition: oneState, input: { goal: 's3cret' } });
  const seen: unknown[] = [];
  const watching = (async () => { for await (const item of run.events({ live: true })) seen.push(item); })();
  await run.settled();
  await run.signal('ok', 's3cret');
  await run.result();
  await watching;
  expect(JSON.stringify([seen, await store.read('r'), await store.get('r')])).not.toContain('s3cret');
  expect(seen.some((item) => 'delta' in (item as LiveDelta))).toBe(true);
});

test('a long run leaves no listeners on its signal', async () => {
  let signal: AbortSignal | undefined;
  let time = 0;
  const engine = openEngine({
    store: memoryStore(), clock: () => (time += 10),
    host: (run) => { signal = run.signal; return hostWith({}); },
    agents: [worker(async (context) => {
      for (let index = 0; index < 300; index++) {
        await context.step('a', () => 1, { timeoutMs: 600_000 });
        await context.all('b', [async (branch) => branch.step('c', () => 1)]);
        if (index % 30 === 0) await context.sleep(1);
      }
    })],
  });
  const run = await engine.start({ id: 'r', definition: oneState, input });
  expect(await run.result()).toMatchObject({ status: 'success' });
  expect(getEventListeners(signal!, 'abort').length).toBeLessThan(3);
});

test('an aborted step is recorded with the reason of the abort, however its function took it', async () => {
  const store = memoryStore();
  const engine = openEngine({ store, agents: [worker(async (context) => {
    await context.race('first', [async (branch) => branch.step('quick', () => delay(5, 1)), async (branch) => branch.step('slow', (step) => untilAborted(step.signal))]);
  })] });
  expect(await (await engine.start({ id: 'r', definition: oneState, input })).result()).toMatchObject({ status: 'success' });
  expect((await store.read('r')).find((entry) => entry.kind === 'failed')).toMatchObject({ error: { code: 'FW_WORKFLOW_ABORTED', message: 'Another branch was first.' } });
});

test('nothing is written after the end of a run, even by a step that nobody awaited', async () => {
  const store = memoryStore();
  const engine = openEngine({ store, agents: [worker(async (context) => { void context.step('floating', () => delay(30, 1)).catch(() => {}); await context.step('a', () => 1); })] });
  expect(await (await engine.start({ id: 'r', definition: oneState, input })).result()).toMatchObject({ status: 'success' });
  await delay(50);
  expect((await store.read('r')).at(-1)?.key).toBe('r/!end');
});

test('a run whose agent is not registered waits for a process that has it', async () => {
  const store = memoryStore();
  const first = openEngine({ store, agents: [] });
  const run = await first.start({ id: 'r', definition: oneState, input });
  await expect(run.result()).rejects.toMatchObject({ code: 'FW_WORKFLOW_NO_AGENT' });
  expect(await store.read('r')).toEqual([]);
  expect(await (await openEngine({ store, agents: [worker(async () => {})] }).attach('r')).result()).toMatchObject({ status: 'success' });
});

test('an engine that is closed says so and ends its streams', async () => {
  const engine = openEngine({ store: memoryStore(), agents: [worker(async (context) => { await context.waitFor('go'); })] });
  const run = await engine.start({ id: 'r', definition: oneState, input });
  const waiting = run.result();
  const stream = (async () => { for await (const item of run.events({ live: true })) void item; })();
  await run.settled();
  await Promise.all([
    expect(waiting).rejects.toMatchObject({ code: 'FW_WORKFLOW_CLOSED' }),
    expect(stream).rejects.toMatchObject({ code: 'FW_WORKFLOW_CLOSED' }),
    engine.close(),
  ]);
  await engine.close();
  await expect(run.result()).rejects.toMatchObject({ code: 'FW_WORKFLOW_CLOSED' });
  await expect(engine.start({ id: 'r', definition: oneState, input })).rejects.toMatchObject({ code: 'FW_WORKFLOW_CLOSED' });
});

test('a run that ended takes no answers any more', async () => {
  const engine = openEngine({ store: memoryStore(), agents: [worker(async () => {})] });
  const run = await engine.start({ id: 'r', definition: oneState, input });
  await run.result();
  await expect(run.signal('late', 1)).rejects.toMatchObject({ code: 'FW_SIGNAL_ANSWERED' });
});

test('a run that a failing store stopped is taken up again by itself when the store works', async () => {
  const store = memoryStore();
  let fails = 2;
  const faulty = faultyStore(store, (entry) => (entry.kind === 'step' && entry.key.endsWith('/a#1') && fails-- > 0 ? 'before' : undefined));
  const run = await openEngine({ store: faulty, leaseMs: 100, agents: [worker(async (context) => { await context.step('a', () => 1); })] }).start({ id: 'r', definition: oneState, input });
  await expect(run.result()).rejects.toMatchObject({ code: 'FW_STORE_FAILED' });
  const watching = await openEngine({ store, pickUp: 'own' }).watch('r');
  expect(await watching.result()).toMatchObject({ status: 'success' });
});

test('a run that broke and could not be put down says so, also when it is asked late', async () => {
  const store = memoryStore();
  const dead = (): never => { throw Object.assign(new Error('The disk is gone.'), { code: 'FW_STORE_FAILED' }); };
  const engine = openEngine({ store: { ...store, append: async () => dead(), release: async () => dead() }, agents: [worker(async (context) => { await context.step('a', () => 1); })] });
  const run = await engine.start({ id: 'r', definition: oneState, input });
  await delay(30);
  await expect(run.settled()).rejects.toMatchObject({ message: expect.stringContaining('The disk is gone') as string });
  await expect(run.result()).rejects.toMatchObject({ message: expect.stringContaining('The disk is gone') as string });
});
