// Many runs at once, long ones resumed, waiting ones kept, and what the package costs before it does anything:
//   node --conditions=@fw/source bench/runs.bench.ts
// Each figure comes from processes of its own.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Agent, AgentContext } from '@fw/agents-core';
import { createLocalEngine, defineWorkflow, memoryStore } from '../src/index.ts';
import type { RunHost } from '../src/index.ts';
import { sqliteStore } from '../src/sqlite.ts';

const REPETITIONS = 3;
const definition = defineWorkflow({ specVersion: 1, name: 'bench', version: '1', initial: 'work', states: { work: { capabilities: ['work'], on: { done: { to: 'end', event: 'worked' } } }, end: { final: 'success' } } });
const input = { goal: 'x' };
const workerOf = (work: (context: AgentContext) => Promise<unknown>): readonly Agent[] => [{ specVersion: 1, name: 'worker', capabilities: ['work'], process: async (context) => { await work(context); return { status: 'done', artifacts: [] }; } }];

interface Figure {
  readonly work: string;
  readonly unit: string;
  readonly atMost?: number;
  readonly atLeast?: number;
  measure(file: string): Promise<number>;
}

const figures: { readonly [name: string]: Figure } = {
  rows: { work: 'steps a second, 32 runs, synchronous=FULL, group commit, one row a step', unit: 'a second', atLeast: 12_000, measure: (file) => sideBySide(file, false) },
  rowsCpu: { work: 'a step, 32 runs, synchronous=FULL, group commit, one row, CPU', unit: 'µs', measure: (file) => sideBySide(file, false, true) },
  intentsCpu: { work: 'a step, 32 runs, synchronous=FULL, group commit, awaited intent (once), CPU', unit: 'µs', measure: (file) => sideBySide(file, true, true) },
  intents: { work: 'steps a second, 32 runs, synchronous=FULL, group commit, awaited intent (once)', unit: 'a second', atLeast: 7_000, measure: (file) => sideBySide(file, true) },
  resume: {
    work: 'resume of a run with 10,000 entries, SQLite, CPU', unit: 'ms', atMost: 200,
    async measure(file) {
      const agents = workerOf(async (context) => { for (let index = 0; index < 9_997; index++) await context.step('step', () => index); await context.waitFor('go'); });
      const first = createLocalEngine({ store: sqliteStore(file, { synchronous: 'normal' }), agents });
      await (await first.start({ id: 'r', definition, input })).settled();
      await first.close();
      // Warm once: a process that resumes a run has driven others before.
      for (const isMeasured of [false, true]) {
        const engine = createLocalEngine({ store: sqliteStore(file, { synchronous: 'normal' }), agents });
        const before = process.cpuUsage();
        await (await engine.attach('r')).settled();
        const { user, system } = process.cpuUsage(before);
        const took = (user + system) / 1_000;
        await engine.close();
        if (isMeasured) return took;
      }
      return Number.NaN;
    },
  },
  waiting: {
    work: 'heap of 1,000 runs that wait for a person, SQLite', unit: 'MB', atMost: 50,
    async measure(file) {
      const engine = createLocalEngine({ store: sqliteStore(file, { synchronous: 'normal' }), agents: workerOf(async (context) => { await context.step('ask', () => 1); await context.waitFor('go', { question: 'Go on?' }); }) });
      await (await engine.start({ id: 'warm', definition, input })).settled();
      const before = heap();
      const runs = await Promise.all(Array.from({ length: 1_000 }, (_, index) => engine.start({ id: `r${index}`, definition, input })));
      await Promise.all(runs.map((run) => run.settled()));
      return (heap() - before) / 1e6;
    },
  },
  calls: {
    work: 'heap of a run that waits in a model call, 1,000 of them, memory', unit: 'KB', atMost: 45,
    async measure() {
      const gate = Promise.withResolvers<number>();
      const engine = createLocalEngine({ store: memoryStore(), agents: workerOf(async (context) => { await context.step('call', () => gate.promise); }) });
      const before = heap();
      const runs = await Promise.all(Array.from({ length: 1_000 }, (_, index) => engine.start({ id: `r${index}`, definition, input })));
      await new Promise((resolve) => setTimeout(resolve, 200));
      const used = (heap() - before) / 1e6;
      gate.resolve(1);
      await Promise.all(runs.map((run) => run.result()));
      return used;
    },
  },
  loop: {
    work: 'a turn of an agent (model, tool, workspace: three steps) in memory, CPU a step', unit: 'µs', atMost: 60,
    async measure() {
      const turns = 3_000;
      const host: RunHost = {
        context: () => (_durable, port) => ({
          model: { generate: async (request: never) => (await port.leaf('model', async (step) => { step.progress('delta'); return { output: { message: { role: 'assistant', content: [{ type: 'toolCall', id: 'c', name: 'read', input: { file: 'a' } }] }, usage: { input: 100, output: 10 } } }; }, { origin: 'model', effect: 'idempotent', input: request })).output },
          tools: { list: [], call: async (call: never) => (await port.leaf('tool:read', async () => ({ output: { text: 'x'.repeat(500) } }), { origin: 'tool', input: call })).output },
          workspace: { write: async (file: string, content: string) => { await port.leaf('workspace.write', async () => ({ output: null, tree: 'f'.repeat(64) }), { origin: 'workspace', effect: 'idempotent', input: { file, content } }); } },
        }) as never,
        facts: () => ({ evidence: [], guards: {} }),
      };
      const engine = createLocalEngine({ store: memoryStore(), host: () => host, agents: workerOf(async (context) => {
        for (let turn = 0; turn < turns; turn++) {
          await context.model.generate({ messages: [{ role: 'user', content: 'What now?' }, { role: 'user', content: String(turn) }] } as never);
          await context.tools.call({ type: 'toolCall', id: String(turn), name: 'read', input: { file: 'a' } } as never);
          await context.workspace.write('a.ts', `export const a = ${turn};`);
        }
      }) });
      const cpu: number[] = [];
      for (let count = 0; count < 5; count++) {
        const before = process.cpuUsage();
        await (await engine.start({ id: `r${count}`, definition, input })).result();
        const { user, system } = process.cpuUsage(before);
        cpu.push((user + system) / turns / 3);
      }
      return median(cpu.slice(2));
    },
  },
  import: {
    work: "import '@fw/workflow', as built, over bare node", unit: 'ms', atMost: 25,
    async measure() {
      const time = (code: string): number => {
        const began = performance.now();
        execFileSync(process.execPath, ['--input-type=module', '-e', code], { cwd: fileURLToPath(new URL('..', import.meta.url)) });
        return performance.now() - began;
      };
      const pairs = Array.from({ length: 11 }, () => [time(''), time("import '@fw/workflow'")] as const);
      return median(pairs.map(([bare, ours]) => ours - bare));
    },
  },
};

const [name] = process.argv.slice(2);
if (name !== undefined) {
  const directory = mkdtempSync(join(tmpdir(), 'fw-bench-'));
  console.log(await figures[name]!.measure(join(directory, 'bench.db')));
  rmSync(directory, { recursive: true, force: true });
  process.exit(0);
} else {
  for (const [key, { measure: _measure, ...figure }] of Object.entries(figures)) {
    const values = Array.from({ length: REPETITIONS }, () => Number(execFileSync(process.execPath, ['--conditions=@fw/source', '--disable-warning=ExperimentalWarning', '--expose-gc', fileURLToPath(import.meta.url), key], { encoding: 'utf8' })));
    console.log(JSON.stringify({ work: figure.work, who: 'fw', value: round(median(values)), unit: figure.unit, ...(figure.atMost !== undefined && { atMost: figure.atMost }), ...(figure.atLeast !== undefined && { atLeast: figure.atLeast }) }));
  }
}

async function sideBySide(file: string, isOnce: boolean, isCpu = false): Promise<number> {
  const steps = 300;
  const engine = createLocalEngine({ store: sqliteStore(file), agents: workerOf(async (context) => { for (let index = 0; index < steps; index++) await context.step('step', () => index, { effect: isOnce ? 'once' : 'pure' }); }), pickUp: 'own' });
  const values: number[] = [];
  for (let count = 0; count < 8; count++) {
    const [before, began] = [process.cpuUsage(), performance.now()];
    const runs = await Promise.all(Array.from({ length: 32 }, (_, index) => engine.start({ id: `${count}-${index}`, definition, input })));
    await Promise.all(runs.map((run) => run.result()));
    const { user, system } = process.cpuUsage(before);
    values.push(isCpu ? (user + system) / steps / 32 : 32 * steps / (performance.now() - began) * 1_000);
  }
  return median(values.slice(3));
}

function heap(): number {
  globalThis.gc!();
  return process.memoryUsage().heapUsed;
}
function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[values.length >> 1] ?? Number.NaN;
}
function round(value: number): number {
  return Math.round(value * 10) / 10;
}
