import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { defineTool } from '@fw/agents-core';
import type { ModelProvider, ModelRequest } from '@fw/models';
import { sqliteStore } from '@fw/workflow/sqlite';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { run, startEngine } from './loop-on-engine.ts';

const turns = 400;
const look = defineTool({ name: 'look', description: 'Looks.', effect: 'pure', input: z.object({ at: z.number() }), run: async ({ at }) => ({ ok: true, text: `line ${at} `.repeat(300) }) });
const summary = JSON.stringify({ done: [], decisions: ['Go on.'], open: [], next: [] });

test.each([32_000, 64_000, 128_000])('over 400 turns within %i tokens the pinned block stays byte-equal, and memory and journal grow linearly', { timeout: 240_000 }, async (window) => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const folder = await mkdtemp(path.join(tmpdir(), 'fw-long-'));
  const file = path.join(folder, 'runs.sqlite');
  const store = sqliteStore(file);
  const firsts = new Set<string>();
  const heap: number[] = [];
  let [turn, summaries] = [0, 0];
  const provider: ModelProvider = {
    specVersion: 1, name: 'own',
    async *stream(request: ModelRequest, call) {
      firsts.add(JSON.stringify(request.messages[1]));
      yield { type: 'start', model: call.model, attempt: call.attempt };
      if (request.output !== undefined) {
        summaries++;
        yield { type: 'text', delta: summary };
      } else {
        turn++;
        if (turn % 100 === 0) {
          collect();
          heap.push(process.memoryUsage().heapUsed);
        }
        yield { type: 'text', delta: `Thought ${turn}: ${'because '.repeat(20)}` };
        yield { type: 'tool-call', id: `c${turn}`, ...(turn < turns ? { name: 'look', arguments: { at: turn } } : { name: 'end', arguments: { summary: 'done' } }) };
      }
      yield { type: 'finish', reason: 'stop', raw: 'stop' };
    },
  };
  const engine = await startEngine({ folder, store, provider, tools: [look], loop: { system: 'Work.', prompt: 'Begin.', tools: ['look'], terminal: [{ name: 'end', description: 'Ends.', input: z.object({ summary: z.string() }) }], window, maxTurns: 500 } });
  try {
    expect(await (await engine.start(run)).result()).toMatchObject({ status: 'success' });
    expect([turn, firsts.size]).toEqual([turns, 1]);
    expect([...firsts][0]).toMatch(/Go round, ohne Fehler\..*c1: it goes round.*no dependency.*Begin\./);
    expect(summaries).toBeGreaterThan(0);

    const sizes = (await store.read('r1')).map((entry) => JSON.stringify(entry).length);
    const sumOf = (part: readonly number[]): number => part.reduce((sum, size) => sum + size, 0);
    const half = sizes.length / 2;
    expect(sizes.length).toBeLessThanOrEqual(2 * turns + 3 * summaries + 20);
    expect(sumOf(sizes.slice(half)) / sumOf(sizes.slice(0, half))).toBeLessThan(1.2);
    await store.close();
    expect((await stat(file)).size).toBeLessThan(3 * sumOf(sizes));
    const growth = heap.slice(1).map((bytes, index) => bytes - heap[index]!);
    // What a turn leaves behind is the same in the last hundred as in those before: 8 MiB of slack for what is collected later.
    expect(growth.at(-1)!).toBeLessThan(2 * Math.max(...growth.slice(0, -1)) + 8 * 2 ** 20);
  } finally {
    await engine.close();
    await rm(folder, { recursive: true, force: true });
  }
});
