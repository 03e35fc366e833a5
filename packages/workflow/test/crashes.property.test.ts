import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import { assert, asyncProperty, array, constantFrom, integer, letrec, nat, oneof, record, tuple, constant, option } from 'fast-check';
import type { Arbitrary } from 'fast-check';
import { expect, test } from 'vitest';
import type { Agent, AgentContext, Json } from '@fw/agents-core';
import { createLocalEngine, memoryStore, projectEntries, verifyChain } from '@fw/workflow';
import type { JournalStore, ProjectedEntry, RunHandle } from '@fw/workflow';
import { faultyStore, oneState, untilAborted, worker } from './programs.ts';

/** A program as data. In a race only the first branch ever ends, so that the winner does not depend on when a process died. */
type Part =
  | { readonly type: 'step'; readonly name: string; readonly fails: boolean; readonly limited: boolean }
  | { readonly type: 'sleep'; readonly ms: number }
  | { readonly type: 'scope'; readonly parts: readonly Part[] }
  | { readonly type: 'all'; readonly branches: readonly (readonly Part[])[]; readonly concurrency: number | null }
  | { readonly type: 'race'; readonly parts: readonly Part[]; readonly losers: readonly ('step' | 'sleep' | 'wait')[] }
  | { readonly type: 'signal'; readonly name: string };

const { parts } = letrec<{ parts: readonly Part[]; part: Part }>((tie) => ({
  parts: array(tie('part'), { maxLength: 4 }),
  part: oneof(
    { depthSize: 'small', withCrossShrink: true },
    record({ type: constant('step' as const), name: constantFrom('a', 'b', 'c'), fails: constantFrom(false, false, true), limited: constantFrom(false, true) }),
    record({ type: constant('sleep' as const), ms: constantFrom(0, 5, 40, 5_000) }),
    record({ type: constant('signal' as const), name: constantFrom('x', 'y') }),
    record({ type: constant('scope' as const), parts: tie('parts') }),
    record({ type: constant('all' as const), branches: array(tie('parts'), { minLength: 1, maxLength: 3 }), concurrency: option(integer({ min: 1, max: 2 })) }),
    record({ type: constant('race' as const), parts: tie('parts'), losers: array(constantFrom('step' as const, 'sleep' as const, 'wait' as const), { minLength: 1, maxLength: 2 }) }),
  ),
})) as { parts: Arbitrary<readonly Part[]> };

/** Where it dies: the n-th append of that process is not stored, or stored and not acknowledged, or the engine is closed then. */
const crashes = array(tuple(constantFrom('before', 'after', 'close'), nat(12)), { minLength: 1, maxLength: 4 });

interface World {
  /** How long each step takes, in turns of the event loop: another order in every attempt. */
  readonly delays: readonly number[];
  calls: number;
  readonly effects: string[];
  /** Passes by itself, so that nothing waits for a real clock. */
  time: number;
}

async function perform(context: AgentContext, program: readonly Part[], world: World): Promise<number> {
  let sum = 0;
  for (const part of program) {
    if (part.type === 'step') {
      sum += await context.step(part.name, async (step) => {
        const turns = world.delays[world.calls++ % world.delays.length]!;
        for (let count = 0; count < turns; count++) await turn();
        world.effects.push(step.key);
        if (part.fails) throw Object.assign(new Error('fails'), { code: 'MY_CODE' });
        return context.path.length;
      }, { input: sum, ...(part.limited && { timeoutMs: 3_600_000 }) }).catch((error: { code: string }) => { if (error.code !== 'MY_CODE') throw error; return 1; });
    } else if (part.type === 'sleep') await context.sleep(part.ms);
    else if (part.type === 'signal') sum += (await context.waitFor<number>(signalOf(part.name, context.path), { timeoutMs: 7_000 })) ?? 100;
    else if (part.type === 'scope') sum += await context.scope('inner', (inner) => perform(inner, part.parts, world));
    else if (part.type === 'all') {
      const branches = part.branches.map((branch) => (inner: AgentContext) => perform(inner, branch, world));
      sum += (await context.all('many', branches, part.concurrency === null ? {} : { concurrency: part.concurrency })).reduce((left, right) => left + right, 0);
    } else {
      // A run in which a step runs is not put down, so a long wait beside it would take real time.
      const waitsLong = /"ms":5000|"type":"signal"/.test(JSON.stringify(part.parts));
      const losers = part.losers.map((kind) => (kind === 'step' && waitsLong ? 'sleep' : kind)).map((kind) => async (inner: AgentContext): Promise<number> => {
        if (kind === 'step') return inner.step('stuck', (step) => untilAborted(step.signal));
        if (kind === 'sleep') await inner.sleep(1e12);
        else await inner.waitFor('never');
        throw new Error('A loser won.');
      });
      sum += await context.race('first', [(inner) => perform(inner, part.parts, world), ...losers]);
    }
  }
  return sum;
}

/** Branches side by side that wait for one name share its answers by who asks first, which completion times decide; so each has a name of its own. */
const signalOf = (name: string, path: string): string => (path.includes('many#') ? `${name} of ${path.replaceAll(/[/#]/g, '.').slice(-150)}` : name);

/** Runs until the end; each crash is followed by a new engine on the same store. */
async function runThrough(program: readonly Part[], delays: readonly number[], crashing: readonly (readonly [string, number])[]): Promise<{ readonly projection: readonly ProjectedEntry[]; readonly repeated: readonly string[] }> {
  const store = memoryStore();
  const world: World = { delays, calls: 0, effects: [], time: 0 };
  const agents: readonly Agent[] = [worker(async (context) => ({ status: 'done', artifacts: [{ id: 'sum', kind: 'note', title: 'sum', schema: 'note@1', content: await perform(context, program, world), producer: { agent: 'worker', version: '1', key: context.path } }] }))];
  await store.create({ id: 'r', definition: oneState, input: { goal: 'x' }, fingerprint: 'f' }, 0);
  for (const [name, value] of [['x', 1], ['y', 2]] as const) await store.answer('r', name, value, 0);
  const repeated: string[] = [];
  for (const crash of [...crashing, undefined]) {
    const finished = new Set((await store.read('r')).filter((entry) => entry.kind !== 'begin').map((entry) => entry.key));
    const known = world.effects.length;
    if (await attempt(store, agents, world, crash)) break;
    repeated.push(...world.effects.slice(known).filter((key) => finished.has(key)));
    verifyChain(await store.read('r'));
  }
  return { projection: projectEntries(await store.read('r')), repeated };
}

/** One process. True when the run has ended. */
async function attempt(store: JournalStore, agents: readonly Agent[], world: World, crash: readonly [string, number] | undefined): Promise<boolean> {
  let appends = 0;
  let close = (): void => {};
  const faulty = faultyStore(store, () => {
    if (!crash || appends++ !== crash[1]) return undefined;
    if (crash[0] !== 'close') return crash[0] as 'before' | 'after';
    close();
    return undefined;
  });
  const engine = createLocalEngine({ store: faulty, agents, clock: () => (world.time += 50), leaseMs: 1e9, pickUp: 'own' });
  close = () => void engine.close();
  try {
    for (;;) {
      const run: RunHandle = await engine.attach('r');
      const settled = await run.settled();
      if (settled.status !== 'waiting') return true;
      world.time = Math.max(world.time, settled.wakeAt ?? 0);
    }
  } catch (error) {
    if (!['FW_STORE_FAILED', 'FW_WORKFLOW_CLOSED'].includes((error as { code: string }).code)) throw error;
    return false;
  } finally {
    await engine.close();
    await delay(0);
  }
}

test('any program, with any completion times and crashes, has the same projection as when nothing happened', async () => {
  await assert(asyncProperty(parts, array(nat(3), { minLength: 1, maxLength: 8 }), array(nat(3), { minLength: 1, maxLength: 8 }), crashes, async (program, delays, others, crashing) => {
    const undisturbed = await runThrough(program, delays, []);
    const disturbed = await runThrough(program, others, crashing);
    expect(disturbed.repeated).toEqual([]);
    expect(disturbed.projection).toEqual(undisturbed.projection);
    expect(undisturbed.projection.at(-1)).toMatchObject({ kind: 'run', output: { status: 'success' } satisfies { [key: string]: Json } });
  }), { numRuns: 400, interruptAfterTimeLimit: 170_000, markInterruptAsFailure: true });
});
