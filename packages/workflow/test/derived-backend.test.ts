import { expect, test, vi } from 'vitest';
import type { AgentContext, Json } from '@fw/agents-core';
import { memoryStore, projectEntries, verifyChain } from '@fw/workflow';
import type { JournalEntry, RunHost, RunOutcome } from '@fw/workflow';
import { DerivedBackend, memoryBlobs, RunProgram, withoutHost } from '@fw/workflow/engine-kit';
import type { DurableOperations, Settlement, StoredOutcome } from '@fw/workflow/engine-kit';
import { oneState, openEngine, untilAborted, worker } from './programs.ts';

/** The server of an engine that has a journal of its own: what settled, in order, and what was asked. */
interface Server {
  readonly log: Settlement[];
  readonly names: Map<string, string>;
  readonly answers: Map<string, Json>;
  readonly timers: Map<string, number>;
  readonly abandoned: string[];
  cancel: string | undefined;
  time: number;
  /** Of the attempt that is alive. */
  wake: () => void;
}

const newServer = (): Server => ({ log: [], names: new Map(), answers: new Map(), timers: new Map(), abandoned: [], cancel: undefined, time: 1_000, wake: () => {} });

/** One attempt at the run; dies after that many settlements were delivered. */
function operationsOf(server: Server, dies = Infinity): DurableOperations<string> {
  let delivered = 0;
  let dead = false;
  let waiting = (): void => {};
  server.wake = () => waiting();
  const asked = new Set<string>();
  const settle = (settlement: Settlement): void => {
    if (dead || server.log.some((other) => other.key === settlement.key)) return;
    server.log.push(settlement);
    waiting();
  };
  const look = (): void => {
    for (const key of asked) {
      if (server.answers.has(key)) settle({ key, outcome: { output: server.answers.get(key)!, at: server.time } });
      if ((server.timers.get(key) ?? Infinity) <= server.time) settle({ key, outcome: {} });
    }
    if (server.cancel !== undefined) settle({ key: '!cancel', outcome: { output: server.cancel } });
  };
  return {
    step(key, name, run) {
      if ((server.names.get(key) ?? name) !== name) throw Object.assign(new Error(`${key} has another name`), { code: 'MISMATCH' });
      server.names.set(key, name);
      if (!server.log.some((other) => other.key === key)) void run().then((outcome: StoredOutcome) => settle({ key, outcome }));
      return key;
    },
    signal: (key, { name, ordinal }) => { server.names.set(key, `${name}#${ordinal}`); asked.add(key); return key; },
    timer(key, durationMs) {
      server.timers.set(key, server.timers.get(key) ?? server.time + durationMs);
      asked.add(key);
      return key;
    },
    child: (key) => key,
    cancelled: (key) => key,
    abandon: (key) => void server.abandoned.push(key),
    async race(pending) {
      if (delivered === dies) {
        dead = true;
        throw new Error('killed');
      }
      for (;;) {
        const next = server.log[delivered];
        if (next) {
          if (!pending.includes(next.key)) throw Object.assign(new Error(`${next.key} is next`), { code: 'MISMATCH' });
          delivered++;
          return next;
        }
        const woken = new Promise<void>((resolve) => { waiting = resolve; });
        look();
        await woken;
      }
    },
  };
}

type Work = (context: AgentContext) => Promise<void>;

async function attempt(server: Server, work: Work, dies?: number, host: RunHost = withoutHost): Promise<{ readonly entries: readonly JournalEntry[]; readonly outcome?: RunOutcome }> {
  const entries: JournalEntry[] = [];
  const abort = new AbortController();
  const backend = new DerivedBackend(operationsOf(server, dies), {
    run: 'r', createdAt: 500, blobs, clock: () => (server.time += 1), onEntry: (entry) => entries.push(entry), onCancel: (error) => program.cancel(error),
    redact: (value) => JSON.parse(JSON.stringify(value).replaceAll('secret', '***')) as Json,
  });
  const program = new RunProgram({ run: 'r', definition: oneState, input: { goal: 'x' }, createdAt: 500, agents: [worker(work)], host, backend, abort });
  try {
    const outcome = await program.drive();
    await backend.conclude(outcome as unknown as Json);
    return { entries, outcome };
  } catch (error) {
    abort.abort(error);
    if ((error as Error).message !== 'killed') throw error;
    return { entries };
  }
}

const blobs = memoryBlobs();
const everything: Work = async (context) => {
  const id = context.id();
  await context.step('say', () => `a secret ${id}`, { input: { a: 1 } });
  await context.step('large', () => 'x'.repeat(100_000));
  await context.step('bad', () => { throw Object.assign(new Error('no'), { code: 'MY_CODE' }); }).catch(() => {});
  await context.all('many', [0, 1, 2].map((index) => async (branch: AgentContext) => { await branch.step('one', () => index); await branch.sleep(index * 10); return branch.step('two', () => context.now()); }));
  await context.race('first', [async (branch) => branch.step('quick', () => 1), async (branch) => branch.step('slow', (step) => untilAborted(step.signal)), async (branch) => (await branch.waitFor<number>('never')) ?? 0]);
  await context.waitFor('limited', { timeoutMs: 50 });
  await context.waitFor('asked', { question: 'well?' });
};
const answering = (server: Server): (() => void) => {
  const timer = setInterval(() => {
    server.time += 20;
    for (const [key, name] of server.names) if (name === 'asked#1') server.answers.set(key, { by: 'me' });
    server.wake();
  }, 1);
  return () => clearInterval(timer);
};

test('an attempt that is put down before anything began, or while a question is open, writes and abandons nothing: the next one goes on', async () => {
  const work: Work = async (context) => { await context.step('one', () => 1); await context.waitFor('answer'); };
  const putDown = new Error('put down');
  const server = newServer();
  const answers = (): void => { server.answers.set('r/work#1/worker#1/wait:answer#1', 1); server.wake(); };
  const begin = (): { readonly entries: readonly JournalEntry[]; readonly stop: () => void; readonly drive: () => Promise<unknown> } => {
    const entries: JournalEntry[] = [];
    const abort = new AbortController();
    const backend = new DerivedBackend(operationsOf(server), { run: 'r', createdAt: 500, blobs, clock: () => (server.time += 1), onEntry: (entry) => entries.push(entry) });
    const program = new RunProgram({ run: 'r', definition: oneState, input: { goal: 'x' }, createdAt: 500, agents: [worker(work)], host: withoutHost, backend, abort });
    return { entries, drive: () => program.drive(), stop: () => { backend.stop(putDown); abort.abort(putDown); } };
  };

  const first = begin();
  first.stop();
  await expect(first.drive()).rejects.toBe(putDown);
  expect(first.entries).toEqual([]);

  const second = begin();
  const driven = second.drive();
  driven.catch(() => {});
  await vi.waitUntil(() => server.names.has('r/work#1/worker#1/wait:answer#1'));
  second.stop();
  answers();
  await expect(driven).rejects.toBe(putDown);
  expect(second.entries.map(({ key }) => key)).toEqual(['r/workflow#1', 'r/work#1/enter#1', 'r/work#1/worker#1/one#1']);
  expect(server.abandoned).toEqual([]);

  const last = await attempt(server, work);
  expect(last.outcome).toMatchObject({ status: 'success' });
  expect(last.entries.slice(0, 3)).toEqual(second.entries);
});

test('an engine with a journal of its own gets the same entries from every attempt, wherever one died, and the same projection as the embedded engine', async () => {
  const undisturbed = newServer();
  const stop = answering(undisturbed);
  const whole = await attempt(undisturbed, everything);
  stop();
  expect(whole.outcome).toMatchObject({ status: 'success' });
  verifyChain(whole.entries);
  expect(undisturbed.abandoned.map((key) => key.split('/').at(-1))).toEqual(['wait:never#1', 'wait:limited#1']);

  const again = await attempt(undisturbed, everything);
  expect(again.entries).toEqual(whole.entries);

  for (let dies = 0; dies < undisturbed.log.length; dies++) {
    const server = newServer();
    const stopped = answering(server);
    const died = await attempt(server, everything, dies);
    const ended = await attempt(server, everything);
    stopped();
    expect(ended.entries.slice(0, died.entries.length)).toEqual(died.entries);
    verifyChain(ended.entries);
    expect(timeless(ended.entries)).toEqual(timeless(whole.entries));
  }

  const store = memoryStore();
  const engine = openEngine({ store, agents: [worker(everything)], redact: (value) => JSON.parse(JSON.stringify(value).replaceAll('secret', '***')) as Json });
  const run = await engine.start({ id: 'r', definition: oneState, input: { goal: 'x' } });
  await run.settled();
  await run.signal('asked', { by: 'me' });
  await run.result();
  expect(timeless(await store.read('r'))).toEqual(timeless(whole.entries));
});

test('a once step runs once, and is uncertain for the attempt after the one that began it', async () => {
  const server = newServer();
  let calls = 0;
  let seen: unknown;
  const work: Work = async (context) => {
    seen = await context.step('pay', () => { calls++; return calls === 1 ? new Promise<never>(() => {}) : 1; }, { effect: 'once' }).catch((error: { code: string }) => error.code);
  };
  // Settlements: the choice of agents, the entered state, the intent; then it dies while the step runs.
  await attempt(server, work, 3);
  expect(calls).toBe(1);
  expect(await attempt(server, work)).toMatchObject({ outcome: { status: 'success' } });
  expect([calls, seen]).toEqual([1, 'FW_STEP_UNCERTAIN']);
  const sound = newServer();
  expect(await attempt(sound, async (context) => { seen = await context.step('pay', () => 'paid', { effect: 'once' }); })).toMatchObject({ outcome: { status: 'success' } });
  expect(seen).toBe('paid');
});

test('cancel reaches what is under way, and every later attempt sees it at the same place', async () => {
  const server = newServer();
  let aborted = 0;
  const work: Work = async (context) => {
    await context.all('both', [
      async (branch) => branch.step('long', (step) => {
        setTimeout(() => { server.cancel = 'changed my mind'; server.wake(); }, 10);
        return untilAborted(step.signal).finally(() => { aborted++; });
      }),
      async (branch) => (await branch.waitFor<number>('never')) ?? 0,
    ]).catch(() => {});
    await context.step('after', () => 1);
  };
  const first = await attempt(server, work);
  expect(first.outcome).toMatchObject({ status: 'cancelled', message: 'changed my mind' });
  const second = await attempt(server, work);
  expect(second.entries).toEqual(first.entries);
  expect([aborted, server.abandoned.length]).toEqual([1, 2]);
});

/** `now()` depends on the clock of each engine; large outputs stand there by their hash. */
const timeless = (entries: readonly JournalEntry[]): unknown =>
  projectEntries(entries).map((entry) => (entry.key.includes('/two#') ? { ...entry, output: 0 } : entry));
