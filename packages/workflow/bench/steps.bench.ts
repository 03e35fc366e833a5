// What one step costs this process, beside plain code and others: in memory, and durably on SQLite (each says how durably).
//   node --conditions=@fw/source bench/steps.bench.ts
// Each way runs in processes of its own, so that none pays for the garbage of another.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import type { Agent } from '@fw/agents-core';
import { createLocalEngine, defineWorkflow, memoryStore } from '../src/index.ts';
import type { JournalStore } from '../src/index.ts';
import { sqliteStore } from '../src/sqlite.ts';
import { langgraphRound, mastraRound, STEPS, xstateRound } from './peers.ts';
import type { Round } from './peers.ts';

const ROUNDS = 9;
const REPETITIONS = 3;
const definition = defineWorkflow({ specVersion: 1, name: 'bench', version: '1', initial: 'work', states: { work: { capabilities: ['work'], on: { done: { to: 'end', event: 'worked' } } }, end: { final: 'success' } } });

interface Way {
  readonly who: string;
  /** How many steps a round of `open` does. */
  readonly steps: number;
  readonly rounds: number;
  open(file: string): Promise<Round>;
}

/** A run long enough that what it costs once (claim, choice of agents, state, end) does not show. */
function fwWay(who: string, steps: number, store: (file: string) => JournalStore, rounds = ROUNDS): Way {
  return {
    who, steps, rounds,
    async open(file) {
      const worker: Agent = { specVersion: 1, name: 'worker', capabilities: ['work'], process: async (context) => { for (let index = 0; index < steps; index++) await context.step('step', () => index); return { status: 'done', artifacts: [] }; } };
      const engine = createLocalEngine({ store: store(file), agents: [worker], pickUp: 'own' });
      let count = 0;
      return async () => {
        if ((await (await engine.start({ id: `r${count++}`, definition, input: { goal: 'x' } })).result()).status !== 'success') throw new Error('The run failed.');
      };
    },
  };
}

/** A row of the same size, without a lease, a chain, or anything read. */
const row = { run: 'r1', seq: 1, order: [1, 1, 1], kind: 'step', attempt: 1, origin: 'agent', previous: '0'.repeat(64), hash: '0'.repeat(64) };

function insertWay(synchronous: 'normal' | 'full', steps: number, rounds = ROUNDS): Way {
  return {
    who: `one INSERT a step, ${synchronous.toUpperCase()}`, steps, rounds,
    async open(file) {
      const database = new DatabaseSync(file);
      database.exec(`pragma journal_mode=wal; pragma synchronous=${synchronous}; create table steps(run text, seq integer, body text, primary key(run, seq)) without rowid`);
      const insert = database.prepare('insert into steps values(?, ?, ?)');
      let run = 0;
      return async () => {
        run++;
        for (let seq = 0; seq < steps; seq++) insert.run(String(run), seq, JSON.stringify({ ...row, key: `r/work#1/worker#1/step#${seq}`, at: Date.now(), output: seq }));
      };
    },
  };
}

const suites: { readonly [work: string]: readonly Way[] } = {
  'a step in memory, CPU': [
    { who: 'plain async', steps: 200_000, rounds: ROUNDS, open: async () => async () => { for (let index = 0; index < 200_000; index++) await (async () => index)(); } },
    fwWay('fw', 20_000, () => memoryStore()),
    { who: 'XState', steps: STEPS * 300, rounds: ROUNDS, open: async () => repeat(300, await xstateRound()) },
    { who: 'Mastra', steps: STEPS * 60, rounds: ROUNDS, open: async () => repeat(60, await mastraRound()) },
    { who: 'LangGraph', steps: STEPS * 20, rounds: ROUNDS, open: async () => repeat(20, await langgraphRound()) },
  ],
  'a step on SQLite, synchronous=NORMAL, CPU': [
    insertWay('normal', 10_000),
    fwWay('fw', 10_000, (file) => sqliteStore(file, { synchronous: 'normal' })),
    { who: 'Mastra (LibSQL, its defaults)', steps: STEPS * 5, rounds: ROUNDS, open: async (file) => repeat(5, await mastraRound(file)) },
  ],
  'a step on SQLite, synchronous=FULL, CPU': [
    insertWay('full', 4_000, 5),
    fwWay('fw', 4_000, (file) => sqliteStore(file), 5),
    { who: "LangGraph (SqliteSaver, durability 'sync')", steps: STEPS * 5, rounds: ROUNDS, open: async (file) => repeat(5, await langgraphRound(file)) },
  ],
};
const bounds: { readonly [work: string]: object } = {
  'a step in memory, CPU': { atMost: 5 },
  'a step on SQLite, synchronous=NORMAL, CPU': { ratioAtMost: 1.6 },
  'a step on SQLite, synchronous=FULL, CPU': { ratioAtMost: 1.3 },
};

const [work, who] = process.argv.slice(2);
if (work !== undefined) console.log(JSON.stringify(await measure(suites[work]!.find((way) => way.who === who)!)));
else compare();

async function measure({ steps, rounds, open }: Way): Promise<{ readonly cpu: number; readonly perSecond: number }> {
  const directory = mkdtempSync(join(tmpdir(), 'fw-bench-'));
  const round = await open(join(directory, 'bench.db'));
  const cpu: number[] = [];
  const wall: number[] = [];
  for (let count = -3; count < rounds; count++) {
    const [before, began] = [process.cpuUsage(), performance.now()];
    await round();
    const { user, system } = process.cpuUsage(before);
    if (count < 0) continue;
    cpu.push((user + system) / steps);
    wall.push(steps / (performance.now() - began) * 1_000);
  }
  setImmediate(() => { rmSync(directory, { recursive: true, force: true }); process.exit(0); });
  return { cpu: median(cpu), perSecond: median(wall) };
}

function compare(): void {
  for (const [name, ways] of Object.entries(suites)) {
    const runs = Array.from({ length: REPETITIONS }, () => ways.map((way) => JSON.parse(execFileSync(process.execPath, ['--conditions=@fw/source', '--disable-warning=ExperimentalWarning', fileURLToPath(import.meta.url), name, way.who], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim().split('\n').at(-1)!) as { cpu: number; perSecond: number }));
    for (const [index, way] of ways.entries()) {
      const value = median(runs.map((run) => run[index]!.cpu));
      // Against the bare thing of the same repetition: a busy machine slows both.
      const ratio = median(runs.map((run) => run[index]!.cpu / run[0]!.cpu));
      console.log(JSON.stringify({ work: name, who: way.who, value: round(value), unit: 'µs', ratio: round(ratio), ...(way.who === 'fw' ? bounds[name] : {}) }));
    }
    if (!name.includes('FULL')) continue;
    for (const [index, way] of ways.entries()) {
      const perSecond = median(runs.map((run) => run[index]!.perSecond));
      console.log(JSON.stringify({ work: 'steps a second, one run, synchronous=FULL', who: way.who, value: Math.round(perSecond), unit: 'a second', ratio: round(perSecond / median(runs.map((run) => run[0]!.perSecond))) }));
    }
  }
}

function repeat(times: number, once: Round): Round {
  return async () => { for (let count = 0; count < times; count++) await once(); };
}
function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[values.length >> 1] ?? Number.NaN;
}
function round(value: number): number {
  return Math.round(value * 100) / 100;
}
