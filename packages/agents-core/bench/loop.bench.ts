// What a turn of an agent costs this process, and what a run holds while it waits for its model, beside the same loop
// written by hand on the openai SDK:
//   node --conditions=@fw/source bench/loop.bench.ts
// Each way runs in processes of its own, so that none pays for the garbage of another.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createModelRegistry } from '@fw/models';
import { openai } from '@fw/models/openai';
import OpenAI from 'openai';
import { z } from 'zod';
import { createEvents, defineTool, runLoop } from '../src/index.ts';
import type { Agent, AgentEvents, TaskWorkspace, TerminalTool } from '../src/index.ts';
import { loadEngine } from './load-engine.ts';

const turns = 10;
const rounds = 9;
// Until the optimising compiler has been through all of it: what is measured is a process at work, not one that starts.
const warmUps = 20;
// Processes differ by more than what is looked for, so that the median of a few says little.
const repetitions = 7;
const system = 'You work on a project.';
const prompt = 'Read the files and finish.';
const content = 'export const value = 1;\n'.repeat(20);
const description = 'Reads a file.';

const [way, atOnce, port, mode] = process.argv.slice(2);
const baseURL = `http://127.0.0.1:${port ?? ''}/v1`;

const { createLocalEngine, createWorkspaceSession, defineWorkflow, hostModel, hostTools, hostWorkspace, memoryStore } = await loadEngine();

type Run = (index: number) => Promise<number>;
const client = new OpenAI({ apiKey: 'unused', baseURL, maxRetries: 0 });
const tools = [
  { type: 'function' as const, function: { name: 'read_file', description, parameters: { type: 'object', properties: { path: { type: 'string' } }, required: ['path'], additionalProperties: false } } },
  { type: 'function' as const, function: { name: 'finish', description: 'Ends the work.', parameters: { type: 'object', properties: { summary: { type: 'string' } }, required: ['summary'], additionalProperties: false } } },
];

const ways: { readonly [name: string]: () => Run } = {
  'openai SDK'() {
    return async () => {
      const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'system', content: system }, { role: 'user', content: prompt }];
      for (let turn = 1; ; turn++) {
        const calls: { id: string; name: string; input: string }[] = [];
        for await (const chunk of await client.chat.completions.create({ model: 'm', messages, tools, stream: true, stream_options: { include_usage: true } })) {
          for (const part of chunk.choices[0]?.delta.tool_calls ?? []) {
            const call = (calls[part.index] ??= { id: part.id ?? '', name: part.function?.name ?? '', input: '' });
            call.input += part.function?.arguments ?? '';
          }
        }
        messages.push({ role: 'assistant', tool_calls: calls.map(({ id, name, input }) => ({ id, type: 'function' as const, function: { name, arguments: input } })) });
        for (const { id, input } of calls) messages.push({ role: 'tool', tool_call_id: id, content: JSON.stringify({ ok: true, text: content, path: (JSON.parse(input) as { path?: string }).path }) });
        if (calls.some(({ name }) => name === 'finish')) return turn;
      }
    };
  },
  fw() {
    const registry = createModelRegistry({
      providers: [openai({ baseURL, apiKey: 'unused' })],
      models: { a: { use: 'openai/m', limits: { requestsPerMinute: 10_000_000 } } },
      cards: { 'openai/m': { price: { usdPerMillion: { input: 1, output: 2 } } } },
      budgets: { run: { usd: 1_000 } },
    });
    const events = createEvents<AgentEvents>();
    let seen = 0;
    events.on('model.called', () => void seen++);
    // Made once, as the tools of the SDK's way are.
    const finish: TerminalTool = { name: 'finish', description: 'Ends the work.', input: z.strictObject({ summary: z.string() }) };
    const readFile = defineTool({ name: 'read_file', description, effect: 'pure', input: z.strictObject({ path: z.string() }), run: async () => ({ ok: true, text: content }) });
    const agent: Agent = {
      specVersion: 1, name: 'bench', capabilities: ['work'],
      async process(context) {
        const result = await runLoop(context, { system, prompt, tools: ['read_file'], terminal: [finish] });
        if (result.status !== 'submitted') throw new Error(result.message);
        return { status: 'done', artifacts: [] };
      },
    };
    const engine = createLocalEngine({
      store: memoryStore(), agents: [agent], pickUp: 'own',
      host: (run: { readonly id: string }) => {
        const session = createWorkspaceSession(noFiles);
        return {
          context: ({ state }: { readonly state: string }) => (durable: object, leaf: object) => ({
            model: hostModel(leaf, {
              id: 'openai/m',
              async generate(request, step) {
                const response = await registry.get('a').generate(request, { signal: step.signal, key: `${step.key}@${step.attempt}`, scope: { run: run.id, agent: 'bench', state }, onEvent: (event) => step.progress(event as never) });
                events.emit('model.called', { agent: 'bench', state, visit: 1, path: step.key, model: response.model, finishReason: response.finishReason, usage: response.usage });
                return response;
              },
            }),
            tools: hostTools(durable, leaf, [readFile], session),
            workspace: hostWorkspace(leaf, session),
            emit: () => {},
          }),
          facts: () => ({ evidence: [], tree: session.tree, vector: [], guards: {} }),
        };
      },
    });
    const definition = defineWorkflow({ specVersion: 1, name: 'bench', version: '1', initial: 'work', states: { work: { capabilities: ['work'], on: { done: { to: 'success', event: 'done' } } }, success: { final: 'success' } } });
    return async (index) => {
      const before = seen;
      const handle = await engine.start({ id: `run-${index}`, definition, input: { specVersion: 1, id: 'bench', goal: prompt } });
      const ended = await handle.settled();
      if (ended.status !== 'success') throw new Error(JSON.stringify(ended));
      return Math.max(1, seen - before);
    };
  },
};

/** A workspace whose tree never changes: no file is part of this work. */
const noFiles = { specVersion: 1, root: '', base: 'tree', sandbox: 'none: no files', restore: async () => {}, snapshot: async () => 'tree' } as unknown as TaskWorkspace;

if (way === undefined) await compare();
else if (mode === 'heap') console.log(await measureHeap(ways[way]!(), Number(atOnce)));
else console.log(await measureTime(ways[way]!(), Number(atOnce)));
process.exit();

/** Microseconds of CPU a turn, the median of some rounds. */
async function measureTime(run: Run, count: number): Promise<number> {
  const perRound = count === 1 ? 20 : 2;
  const samples: number[] = [];
  let index = 0;
  for (let round = -warmUps; round < rounds; round += 1) {
    const before = process.cpuUsage();
    for (let batch = 0; batch < perRound; batch += 1) await Promise.all(Array.from({ length: count }, () => run(index++)));
    const { user, system: kernel } = process.cpuUsage(before);
    if (round >= 0) samples.push((user + kernel) / perRound / count / turns);
  }
  return median(samples);
}

/** Kilobytes a run while all wait for their first answer. */
async function measureHeap(run: Run, count: number): Promise<number> {
  const collect = (globalThis as { gc?: () => void }).gc!;
  const settleDown = (milliseconds: number): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, milliseconds));
  void Promise.all(Array.from({ length: 20 }, (_, index) => run(-1 - index))).catch(() => {});
  await settleDown(1_500);
  collect();
  const before = process.memoryUsage().heapUsed;
  void Promise.all(Array.from({ length: count }, (_, index) => run(index))).catch(() => {});
  await settleDown(6_000);
  collect();
  return (process.memoryUsage().heapUsed - before) / count / 1024;
}

async function compare(): Promise<void> {
  const names = Object.keys(ways);
  for (const count of [1, 50]) {
    const server = await startServer(0);
    const runs = Array.from({ length: repetitions }, () => names.map((name) => spawnWay(name, count, server.port)));
    server.stop();
    for (const [index, who] of names.entries()) {
      const value = median(runs.map((one) => one[index] ?? Number.NaN));
      // Against the SDK of the same repetition: a busy machine slows both.
      const ratio = median(runs.map((one) => (one[index] ?? Number.NaN) / (one[0] ?? Number.NaN)));
      console.log(JSON.stringify({ work: `agent loop, ${turns} turns, one tool a turn, ${count} run${count === 1 ? '' : 's'} at once, CPU a turn`, who, value: Math.round(value), unit: 'µs', ratio: Math.round(ratio * 100) / 100, ...(who === 'fw' ? { ratioAtMost: 1.15 } : {}) }));
    }
  }
  const waiting = await startServer(600_000);
  for (const who of names) {
    const value = median(Array.from({ length: 3 }, () => spawnWay(who, 500, waiting.port, 'heap')));
    console.log(JSON.stringify({ work: 'heap per run waiting in a model call, 500 runs', who, value: Math.round(value * 10) / 10, unit: 'KB', ...(who === 'fw' ? { atMost: 45 } : {}) }));
  }
  waiting.stop();
}

function spawnWay(name: string, count: number, serverPort: string, kind = 'time'): number {
  const flags = ['--conditions=@fw/source', '--disable-warning=ExperimentalWarning', ...(kind === 'heap' ? ['--expose-gc'] : [])];
  return Number(execFileSync(process.execPath, [...flags, fileURLToPath(import.meta.url), name, String(count), serverPort, kind], { encoding: 'utf8' }));
}

async function startServer(delayMs: number): Promise<{ readonly port: string; stop(): void }> {
  const server = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', fileURLToPath(new URL('./chat-server.ts', import.meta.url)), String(turns), String(delayMs)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [said] = (await once(server.stdout.setEncoding('utf8'), 'data')) as [string];
  return { port: said.trim(), stop: () => server.stdin.end() };
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[values.length >> 1] ?? Number.NaN;
}
