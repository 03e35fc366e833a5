import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { closeCalls, defineTool } from '@fw/agents-core';
import type { Tool } from '@fw/agents-core';
import { createModel } from '@fw/models';
import type { Message, ModelProvider, Part } from '@fw/models';
import { anthropic } from '@fw/models/anthropic';
import { findWireProblems, startFaultServer } from '@fw/models/fault-server';
import type { FaultAnswer, FaultServer, FaultWire } from '@fw/models/fault-server';
import { google } from '@fw/models/google';
import { googleGenAI } from '@fw/models/google-genai';
import { openai } from '@fw/models/openai';
import { memoryStore } from '@fw/workflow';
import type { WorkflowEngine } from '@fw/workflow';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { run, startEngine } from './loop-on-engine.ts';

const wires: readonly (readonly [string, FaultWire, (baseURL: string) => ModelProvider])[] = [
  ['openai chat', 'openai-chat', (baseURL) => openai({ apiKey: 'k', baseURL, api: 'chat' })],
  ['openai responses', 'openai-responses', (baseURL) => openai({ apiKey: 'k', baseURL, api: 'responses' })],
  ['anthropic', 'anthropic', (baseURL) => anthropic({ apiKey: 'k', baseURL })],
  ['google', 'google', (baseURL) => google({ apiKey: 'k', baseURL })],
  ['google-genai', 'google', (baseURL) => googleGenAI({ apiKey: 'k', baseURL })],
];

let folder = '';
let server: FaultServer;
beforeEach(async () => { folder = await mkdtemp(path.join(tmpdir(), 'fw-cut-turns-')); });
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

const look = (at: string, id?: string): NonNullable<FaultAnswer['toolCalls']>[number] => ({ name: 'look', arguments: { at }, ...(id === undefined ? {} : { id }) });
const long = 'x'.repeat(4_000);

describe.each(wires)('%s', (_, wire, create) => {
  test('after aborted and cut turns, parallel calls without results, and kills, the next request fits the schema of the service', async () => {
    let engine: WorkflowEngine | undefined;
    const closed: Promise<void>[] = [];
    // Not awaited where it is called: it waits for what calls it.
    const kill = (): void => { closed.push(engine!.close()); };
    let holds = 0;
    const tools: readonly Tool[] = [
      defineTool({ name: 'look', description: 'Looks.', effect: 'pure', input: z.object({ at: z.string() }), run: async ({ at }) => ({ ok: true, text: `seen ${at}` }) }),
      defineTool({ name: 'write', description: 'Writes.', effect: 'idempotent', input: z.object({ at: z.string() }), run: async ({ at }) => ({ ok: true, text: `written ${at}` }) }),
      defineTool({
        name: 'hold', description: 'Holds on until it is aborted, the first time.', effect: 'idempotent', input: z.object({}),
        run: (_input, { signal }) => (++holds > 1 ? Promise.resolve({ ok: true, text: 'let go' }) : new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => { reject(signal.reason as Error); });
          kill();
        })),
      }),
    ];
    const answers: readonly FaultAnswer[] = [
      { text: 'Three at once, one unknown, all with one id.', toolCalls: [look('a', 'same'), { name: 'no.such/tool', id: 'same', arguments: ['x'] }, look('b', 'same')] },
      { toolCalls: [look('c'), look(long), look('d')], cutAt: 2_600 },
      { toolCalls: [look('c'), look(long), look('d')], cutAt: 2_600 },
      { toolCalls: [look('e'), { name: 'write', arguments: { at: 'f' } }, { name: 'hold' }, { name: 'write', arguments: { at: 'g' } }, look('h', '')] },
      { text: ['never ', 'heard'] },
      { toolCalls: [look('i'), { name: 'look', arguments: '{"at": "hal' }], finish: 'length' },
      { text: ' \n', toolCalls: [{ name: 'write', arguments: { at: 7 } }, { name: 'end', arguments: {} }, look('j')] },
      { toolCalls: [{ name: 'end', arguments: { summary: 'done' } }] },
    ];
    const problems: string[] = [];
    server = await startFaultServer({ wire, answers: (request) => {
      problems.push(...findWireProblems(wire, request.body).map((problem) => `request ${request.number}: ${problem}`));
      const answer = answers[request.number]!;
      if (request.number === 4 && closed.length === 1) kill();
      return request.number === 4 ? { ...answer, stallAt: 0 } : answer;
    } });
    const parts = {
      folder, store: memoryStore(), provider: create(server.baseURL), tools,
      loop: { system: 'Work.', prompt: 'Begin.', tools: ['look', 'write', 'hold'], terminal: [{ name: 'end', description: 'Ends.', input: z.object({ summary: z.string() }) }] },
    };
    const goOn = async (): Promise<string> => {
      engine = await startEngine(parts);
      const handle = closed.length === 0 && server.requests.length === 0 ? await engine.start(run) : await engine.attach('r1');
      const ended = await handle.settled().catch((error: { readonly code?: string }) => ({ status: 'put down', code: error.code }));
      await Promise.all(closed);
      return `${ended.status} ${ended.code ?? ''}`;
    };
    expect(await goOn()).toBe('waiting FW_MODEL_TRUNCATED');
    await engine!.close();
    expect(await goOn()).toMatch(/FW_WORKFLOW_CLOSED/);
    expect(holds).toBe(1);
    expect(await goOn()).toMatch(/FW_WORKFLOW_CLOSED/);
    expect(holds).toBe(2);
    expect(await goOn()).toBe('success ');
    await engine!.close();
    expect(problems).toEqual([]);
    expect(server.requests.length).toBe(answers.length);
  });

  test('a conversation that lost any of its messages or results is closed so that the service takes it', async () => {
    server = await startFaultServer({ wire, answers: { text: 'ok' } });
    const model = createModel(create(server.baseURL), 'any');
    const call = (id: string): Part => ({ type: 'tool-call', id, name: 'look', arguments: { at: id } });
    const result = (id: string): Part => ({ type: 'tool-result', id, name: 'look', content: { ok: true, text: id } });
    const turn = (index: number): readonly Message[] => [
      { role: 'assistant', content: [{ type: 'text', text: `turn ${index}` }, call(`${index}a`), call(`${index}b`), call(`${index}c`)] },
      { role: 'tool', content: [result(`${index}a`), result(`${index}b`), result(`${index}c`)] },
      ...(index % 2 === 0 ? [{ role: 'user', content: 'Go on.' } as const] : []),
    ];
    const whole = [0, 1, 2, 3].flatMap(turn);
    await fc.assert(fc.asyncProperty(fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }), async (keep) => {
      let at = 0;
      const left = whole.filter(() => keep[at++]).map((message): Message => (message.role === 'tool' ? { ...message, content: (message.content as readonly Part[]).filter(() => keep[at++ % 40]) } : message));
      const messages = closeCalls([{ role: 'user', content: 'Begin.' }, ...left, { role: 'user', content: 'And now?' }]);
      await model.generate({ messages, tools: [{ name: 'look', description: '', inputSchema: { type: 'object' } }] });
      expect(findWireProblems(wire, server.requests.at(-1)!.body), JSON.stringify(messages)).toEqual([]);
    }), { numRuns: 25, seed: 1 });
  });
});
