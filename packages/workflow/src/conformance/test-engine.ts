import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Agent, AgentContext, Json } from '@fw/agents-core';
import type { RunHandle, WorkflowEngine } from '../engine.ts';
import type { JournalEntry } from '../journal-entry.ts';
import { projectEntries } from '../projection.ts';
import type { ProjectedEntry } from '../projection.ts';
import { verifyChain } from '../journal-chain.ts';
import { oneState, workerOf } from './one-state.ts';

/** Makes an engine on one store; called again after the first was closed, as the next process does. */
export type EngineFactory = (options: { readonly agents: readonly Agent[] }) => WorkflowEngine | Promise<WorkflowEngine>;

/** Vitest tests that every engine must pass. `create` gives a factory on an empty store each time. */
export function testEngine(name: string, create: () => EngineFactory | Promise<EngineFactory>): void {
  describe(`engine ${name}`, { timeout: 20_000 }, () => {
    const open = async (): Promise<(work: Work) => Promise<WorkflowEngine>> => {
      const factory = await create();
      return async (work) => {
        const engine = await factory({ agents: [workerOf(work)] });
        onTestFinished(() => engine.close());
        return engine;
      };
    };
    const start = (engine: WorkflowEngine, id = 'r'): Promise<RunHandle> => engine.start({ id, definition: oneState, input: { goal: 'x' } });

    test('runs each step once, in order, and gives what it returned', async () => {
      const connect = await open();
      const seen: Json[] = [];
      const run = await start(await connect(async (context) => {
        for (const value of [1, 'two', null, { three: [3] }]) seen.push(await context.step('say', (step) => ({ value, key: step.key, attempt: step.attempt })));
      }));
      expect(await run.result()).toMatchObject({ status: 'success', state: { state: 'end' } });
      expect(seen.map((value) => (value as { value: Json }).value)).toEqual([1, 'two', null, { three: [3] }]);
      expect(seen.map((value) => (value as { key: string }).key)).toEqual([1, 2, 3, 4].map((visit) => `r/work#1/worker#1/say#${visit}`));
      const entries = await entriesOf(run);
      verifyChain(entries);
      expect(entries.at(-1)).toMatchObject({ kind: 'run', key: 'r/!end' });
    });

    test('the same id is the same run; another definition or input is refused', async () => {
      const connect = await open();
      let calls = 0;
      const engine = await connect(async (context) => { await context.step('count', () => ++calls); });
      const [one, two] = await Promise.all([start(engine), start(engine)]);
      expect(await one.result()).toEqual(await two.result());
      expect(calls).toBe(1);
      expect(await (await start(engine)).result()).toMatchObject({ status: 'success' });
      await expect(engine.start({ id: 'r', definition: oneState, input: 'other' })).rejects.toMatchObject({ code: 'FW_WORKFLOW_CHANGED' });
      await expect(engine.start({ id: 'r', definition: { ...oneState, version: '2' }, input: { goal: 'x' } })).rejects.toMatchObject({ code: 'FW_WORKFLOW_CHANGED' });
      await expect(engine.attach('nobody')).rejects.toMatchObject({ code: 'FW_WORKFLOW_UNKNOWN_RUN' });
    });

    test('a step that finished is never run again, one that did not is tried again with the same key', async () => {
      const connect = await open();
      const calls: string[] = [];
      const reached = Promise.withResolvers<void>();
      let begun = 0;
      const work: Work = async (context) => {
        await context.step('first', (step) => note(calls, step));
        await context.step('second', async (step) => {
          note(calls, step);
          reached.resolve();
          if (++begun === 1) await untilAborted(step.signal);
          return 1;
        });
        await context.step('third', (step) => note(calls, step));
      };
      const first = await connect(work);
      await start(first);
      await reached.promise;
      await first.close();
      const run = await (await connect(work)).attach('r');
      expect(await run.result()).toMatchObject({ status: 'success' });
      // An engine that cannot know the attempt says 0.
      const counted = calls[0]!.endsWith(' 1');
      expect(calls).toEqual(['first#1 1', 'second#1 1', 'second#1 2', 'third#1 1'].map((call) => (counted ? call : call.replace(/\d$/, '0'))));
      verifyChain(await entriesOf(run));
    });

    test('a once step that did not finish is not run again: it is uncertain', async () => {
      const connect = await open();
      let calls = 0;
      let seen: unknown;
      const reached = Promise.withResolvers<void>();
      const work: Work = async (context) => {
        seen = await context.step('pay', async (step) => {
          calls++;
          reached.resolve();
          return untilAborted(step.signal);
        }, { effect: 'once' }).catch((error: { code: string }) => error.code);
        await context.step('after', () => 1);
      };
      const first = await connect(work);
      await start(first);
      await reached.promise;
      await first.close();
      expect(await (await (await connect(work)).attach('r')).result()).toMatchObject({ status: 'success' });
      expect([calls, seen]).toEqual([1, 'FW_STEP_UNCERTAIN']);
    });

    test('all runs its branches side by side, gives their values in order and holds the bound', async () => {
      const connect = await open();
      let now = 0;
      let most = 0;
      let seen: readonly Json[] = [];
      const run = await start(await connect(async (context) => {
        seen = await context.all('many', Array.from({ length: 8 }, (_, index) => async (branch: AgentContext) => branch.step('work', async () => {
          most = Math.max(most, ++now);
          await delay(8 - index);
          now--;
          return index;
        })), { concurrency: 3 });
      }));
      expect(await run.result()).toMatchObject({ status: 'success' });
      expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
      expect(most).toBe(3);
    });

    test('the first error of all aborts the other branches, which are awaited and journaled', async () => {
      const connect = await open();
      let awaited = false;
      let caught: unknown;
      const run = await start(await connect(async (context) => {
        await context.all('many', [
          async (branch) => branch.step('bad', () => { throw Object.assign(new Error('broken'), { code: 'MY_CODE' }); }),
          async (branch) => branch.step('slow', (step) => untilAborted(step.signal).finally(() => { awaited = true; })),
        ]).catch((error: { code: string; message: string }) => { caught = [error.code, error.message, awaited]; });
      }));
      expect(await run.result()).toMatchObject({ status: 'success' });
      expect(caught).toEqual(['MY_CODE', 'broken', true]);
      expect((await projectionOf(run)).filter((entry) => entry.kind === 'failed').map((entry) => entry.error?.code)).toEqual(['MY_CODE', 'FW_WORKFLOW_ABORTED']);
    });

    test('the first branch of a race wins, the others are aborted and journaled', async () => {
      const connect = await open();
      let winner: Json = null;
      const run = await start(await connect(async (context) => {
        winner = await context.race<Json>('first', [
          async (branch) => branch.step('slow', (step) => untilAborted(step.signal)),
          async (branch) => branch.step('quick', () => 'quick'),
          async (branch) => { await branch.sleep(3_600_000); return 'never'; },
          async (branch) => (await branch.waitFor<string>('never')) ?? 'never',
        ]);
      }));
      expect(await run.result()).toMatchObject({ status: 'success' });
      expect(winner).toBe('quick');
      expect((await projectionOf(run)).filter((entry) => entry.kind === 'failed').map((entry) => entry.error?.code)).toEqual(Array(3).fill('FW_WORKFLOW_ABORTED'));
    });

    test('a step takes no longer than its limit', async () => {
      const connect = await open();
      let code: unknown;
      const run = await start(await connect(async (context) => {
        await context.step('slow', (step) => untilAborted(step.signal), { timeoutMs: 10 }).catch((error: { code: string }) => { code = error.code; });
      }));
      expect(await run.result()).toMatchObject({ status: 'success' });
      expect(code).toBe('FW_STEP_TIMEOUT');
    });

    test('sleep lasts its time, also across processes, and waitFor gives undefined when its time is over', async () => {
      const connect = await open();
      const began = Date.now();
      const seen: unknown[] = [];
      const work: Work = async (context) => {
        await context.sleep(1_500);
        seen.push(await context.waitFor('nobody', { timeoutMs: 5 }));
      };
      const first = await connect(work);
      expect(await (await start(first)).settled()).toMatchObject({ status: 'waiting', code: 'FW_RUN_SLEEPING' });
      await first.close();
      const run = await (await connect(work)).watch('r');
      expect(await run.result()).toMatchObject({ status: 'success' });
      expect(Date.now() - began).toBeGreaterThanOrEqual(1_499);
      expect(seen).toEqual([undefined]);
    });

    test('a signal is taken before, while and after the run waits for it, in another process too; a second one is refused', async () => {
      const connect = await open();
      const answers: Json[] = [];
      const work: Work = async (context) => {
        const asked = [await context.waitFor<string>('early'), await context.waitFor<string>('asked', { question: 'really?' })];
        await context.step('note', () => { answers.push(...asked.map((answer) => answer ?? null)); return 1; });
      };
      const first = await connect(work);
      const run = await start(first);
      await run.signal('early', 'one');
      await expect(run.signal('early', 'two')).rejects.toMatchObject({ code: 'FW_SIGNAL_ANSWERED' });
      await until(async () => {
        const waiting = await run.settled();
        return waiting.status === 'waiting' && waiting.questions.some((question) => question.name === 'asked' && question.question === 'really?');
      });
      await first.close();
      const second = await connect(work);
      const again = await second.watch('r');
      const answered = await Promise.allSettled([again.signal('asked', 'three'), again.signal('asked', 'four')]);
      expect(answered.filter((answer) => answer.status === 'rejected').map((answer) => (answer.reason as { code: string }).code)).toEqual(['FW_SIGNAL_ANSWERED']);
      expect(await again.result()).toMatchObject({ status: 'success' });
      expect(answers).toEqual(['one', answered[0].status === 'fulfilled' ? 'three' : 'four']);
      await expect(again.signal('asked', 'five')).rejects.toMatchObject({ code: 'FW_SIGNAL_ANSWERED' });
    });

    test('cancel reaches the step in flight and everything that waits, and ends the run', async () => {
      const connect = await open();
      let aborted = false;
      let after = false;
      const reached = Promise.withResolvers<void>();
      const engine = await connect(async (context) => {
        await context.all('both', [
          async (branch) => branch.step('long', (step) => { reached.resolve(); return untilAborted(step.signal).finally(() => { aborted = true; }); }),
          async (branch) => { await branch.waitFor('never'); return null as never; },
        ]).catch(() => {});
        await context.step('after', () => { after = true; return 1; });
      });
      const run = await start(engine);
      await reached.promise;
      await run.cancel('changed my mind');
      expect(await run.result()).toMatchObject({ status: 'cancelled', message: 'changed my mind' });
      expect([aborted, after]).toEqual([true, false]);
      await run.cancel('again');
      expect(await run.result()).toMatchObject({ message: 'changed my mind' });
    });

    test('a run that waits can be cancelled by another process', async () => {
      const connect = await open();
      const work: Work = async (context) => { await context.waitFor('never'); };
      const first = await connect(work);
      await (await start(first)).settled();
      await first.close();
      const run = await (await connect(work)).watch('r');
      await run.cancel('over');
      expect(await run.result()).toMatchObject({ status: 'cancelled', message: 'over' });
    });

    test('a durable operation inside a step is refused', async () => {
      const connect = await open();
      const codes: string[] = [];
      const run = await start(await connect(async (context) => {
        const catching = async (work: () => unknown): Promise<void> => { try { await work(); } catch (error) { codes.push((error as { code: string }).code); } };
        await context.step('leaf', async () => {
          await catching(() => context.step('inner', () => 1));
          await catching(() => context.sleep(1));
          await catching(() => context.all('inner', []));
          await catching(() => context.id());
          return 1;
        });
        await context.step('inner', () => 1);
      }));
      expect(await run.result()).toMatchObject({ status: 'success' });
      expect(codes).toEqual(Array(4).fill('FW_WORKFLOW_NESTED'));
      expect((await projectionOf(run)).map((entry) => entry.key)).toContain('r/work#1/worker#1/inner#1');
    });

    test('a program that asks for something else than its journal has is refused, and nothing is written', async () => {
      const connect = await open();
      const first = await connect(async (context) => {
        await context.step('a', () => 1, { input: 'one' });
        await context.waitFor('go');
      });
      await (await start(first)).settled();
      const before = await entriesOf(await first.watch('r'));
      await first.close();
      const others: readonly Work[] = [
        async (context) => { await context.step('b', () => 1); },
        async (context) => { await context.step('a', () => 1, { input: 'two' }); },
        async () => {},
        async (context) => { await context.step('a', () => 1, { input: 'one' }); await context.step('new', () => 1); },
      ];
      for (const other of others) {
        const engine = await connect(other);
        const run = await engine.attach('r');
        await expect(run.result()).rejects.toMatchObject({ code: 'FW_WORKFLOW_DIVERGED' });
        expect(await entriesOf(run)).toEqual(before);
        await engine.close();
      }
      const engine = await connect(async (context) => { await context.step('a', () => 1, { input: 'one' }); await context.waitFor('go'); });
      const run = await engine.attach('r');
      await run.signal('go', 1);
      expect(await run.result()).toMatchObject({ status: 'success' });
    });

    test('now, random and id are the same in every attempt', async () => {
      const connect = await open();
      const seen: unknown[][] = [];
      const work: Work = async (context) => {
        const values = [context.now(), context.random(), context.id(), context.id()];
        await context.step('a', () => 1);
        values.push(context.now(), await context.scope('inside', async (inside) => inside.id()));
        seen.push(values);
        await context.waitFor('go');
      };
      const first = await connect(work);
      await (await start(first)).settled();
      await first.close();
      const run = await (await connect(work)).attach('r');
      await run.signal('go', 1);
      expect(await run.result()).toMatchObject({ status: 'success' });
      for (const values of seen.slice(1)) expect(values).toEqual(seen[0]);
      expect(new Set(seen[0]).size).toBeGreaterThan(4);
    });

    test('one of several engines drives a run; the others say that it is held, or follow it where the platform says who drives, and may watch', async () => {
      const connect = await open();
      let calls = 0;
      const gate = Promise.withResolvers<number>();
      const work: Work = async (context) => { await context.step('slow', () => { calls++; return gate.promise; }); };
      const engines = await Promise.all([connect(work), connect(work), connect(work)]);
      await start(engines[0]!);
      const attached = await Promise.allSettled(engines.slice(1).map((engine) => engine.attach('r')));
      for (const outcome of attached) if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'FW_WORKFLOW_LEASED' });
      const watching = Promise.all(engines.map(async (engine) => (await engine.watch('r')).result()));
      gate.resolve(1);
      for (const outcome of await watching) expect(outcome).toMatchObject({ status: 'success' });
      expect(calls).toBe(1);
    });

    test('events are the journal: past ones, then live ones, and deltas only live', async () => {
      const connect = await open();
      const gate = Promise.withResolvers<number>();
      const engine = await connect(async (context) => {
        await context.step('talk', async (step) => {
          await gate.promise;
          step.progress('hel');
          step.progress('lo');
          await delay(20);
          return 'hello';
        });
      });
      const run = await start(engine);
      const live: unknown[] = [];
      const watching = (async () => { for await (const event of run.events({ live: true })) live.push(event); })();
      await delay(20);
      gate.resolve(1);
      await run.result();
      await watching;
      const entries = await entriesOf(run);
      expect(live.filter((event) => !('delta' in (event as object)))).toEqual(entries);
      expect(live.flatMap((event) => ('delta' in (event as object) ? [(event as { delta: Json }).delta] : []))).toEqual(['hel', 'lo']);
      expect((await entriesOf(run, 2)).map((entry) => entry.seq)).toEqual(entries.slice(2).map((entry) => entry.seq));
    });

    test('a run that was interrupted has the same projection as one that was not', async () => {
      const connect = await open();
      const work: Work = async (context) => {
        await context.step('plan', () => ({ parts: 3 }));
        await context.all('parts', [0, 1, 2].map((part) => async (branch: AgentContext) => {
          await branch.step('write', () => delay(part, `part ${part}`));
          await branch.step('check', () => { if (part === 1) throw new Error('not good'); return true; }).catch(() => {});
          return part;
        }));
        await context.race('either', [async (branch) => branch.step('quick', () => 1), async (branch) => branch.step('slow', (step) => untilAborted(step.signal))]);
        await context.sleep(5);
        await context.waitFor('go');
      };
      const undisturbed = await connect(work);
      const plain = await start(undisturbed);
      await plain.settled();
      await plain.signal('go', 1);
      await plain.result();
      await undisturbed.close();
      for (let turn = 0; turn < 12; turn++) {
        const engine = await connect(work);
        const run = await start(engine, 's');
        await delay(turn);
        await engine.close();
        void run;
      }
      const last = await connect(work);
      const run = await start(last, 's');
      await run.signal('go', 1);
      expect(await run.result()).toMatchObject({ status: 'success' });
      expect(withoutRun(await projectionOf(run), 's')).toEqual(withoutRun(await projectionOf(await last.watch('r')), 'r'));
    });
  });
}

type Work = (context: AgentContext) => Promise<unknown>;

async function entriesOf(run: RunHandle, from = 0): Promise<JournalEntry[]> {
  const entries: JournalEntry[] = [];
  for await (const entry of run.events({ from })) entries.push(entry as JournalEntry);
  return entries;
}

const projectionOf = async (run: RunHandle): Promise<readonly ProjectedEntry[]> => projectEntries(await entriesOf(run));

/** Keys contain the run's id. */
const withoutRun = (entries: readonly ProjectedEntry[], id: string): Json => JSON.parse(JSON.stringify(entries).replaceAll(`"${id}/`, '"')) as Json;

function note(calls: string[], step: { readonly key: string; readonly attempt: number }): number {
  return calls.push(`${step.key.split('/').at(-1)} ${step.attempt}`);
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await delay(5);
}

/** What fetch and child processes do with a signal. */
function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const stop = (): void => reject(Object.assign(new Error('The operation was aborted.'), { code: 'ABORT_ERR' }));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}
