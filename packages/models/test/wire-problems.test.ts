import { expect, test } from 'vitest';
import { anthropic } from '../src/anthropic.ts';
import { findWireProblems, startFaultServer } from '../src/fault-server.ts';
import type { FaultWire, JsonObject } from '../src/fault-server.ts';
import { googleGenAI } from '../src/google-genai.ts';
import { google } from '../src/google.ts';
import { createModel } from '../src/index.ts';
import type { Message, ModelProvider, Part } from '../src/index.ts';
import { openai } from '../src/openai.ts';
import type { ProviderOptions } from '../src/openai.ts';

const wires: readonly (readonly [string, FaultWire, (options: ProviderOptions) => ModelProvider])[] = [
  ['openai chat', 'openai-chat', (options) => openai({ ...options, api: 'chat' })],
  ['openai responses', 'openai-responses', (options) => openai({ ...options, api: 'responses' })],
  ['anthropic', 'anthropic', anthropic],
  ['google', 'google', google],
  ['google-genai', 'google', googleGenAI],
];
const tools = [{ name: 'read_file', description: 'Reads.', inputSchema: { type: 'object' } }];

async function sent(wire: FaultWire, create: (options: ProviderOptions) => ModelProvider, messages: readonly Message[]): Promise<JsonObject> {
  const server = await startFaultServer({ wire, answers: { text: 'ok' } });
  try {
    await createModel(create({ apiKey: 'key', baseURL: server.baseURL }), 'm1').generate({ messages, tools });
    return server.requests[0]!.body;
  } finally {
    await server.close();
  }
}

const names = ['read_file', 'functions.read_file', '../../bin/sh', '7zip', '-v', 'größe', '__proto__', 'x'.repeat(300), ' '];
const ids = ['call_1', 'a:b/c', 'ü', 'i'.repeat(70), 'toolu_01', ' ', '1', '"', '\n'];
const inputs = [{ path: 'a' }, [], 'text', null, 7, true, { nested: [{}] }, '', [[]]];
const calls = names.map((name, index): Part => ({ type: 'tool-call', id: ids[index]!, name, arguments: inputs[index]! }));
const results = names.map((name, index): Part => ({ type: 'tool-result', id: ids[index]!, name, content: index % 2 === 0 ? { ok: true } : 'no', isError: index % 2 === 1 }));

test.each(wires)('%s: whatever names, ids, arguments and blanks a model made are sent back so that the service takes them', async (_, wire, create) => {
  const body = await sent(wire, create, [
    { role: 'system', content: 'Work.' }, { role: 'user', content: 'Go.' },
    { role: 'assistant', content: [{ type: 'text', text: ' \n ' }] }, { role: 'user', content: 'Go on.' },
    { role: 'assistant', content: [{ type: 'text', text: '\t' }, ...calls] }, { role: 'tool', content: results }, { role: 'user', content: 'And on.' },
  ]);
  expect(findWireProblems(wire, body)).toEqual([]);
});

test.each(wires)('%s: a call without its result, a result without its call and two results are found', async (_, wire, create) => {
  const call: Part = { type: 'tool-call', id: 'c1', name: 'read_file', arguments: {} };
  const result: Part = { type: 'tool-result', id: 'c1', name: 'read_file', content: 'a' };
  const start: Message = { role: 'user', content: 'Go.' };
  const broken: readonly (readonly Message[])[] = [
    [start, { role: 'assistant', content: [call] }, { role: 'user', content: 'Well?' }],
    [start, { role: 'tool', content: [result] }],
    [start, { role: 'assistant', content: [call] }, { role: 'tool', content: [result, result] }],
    [start, { role: 'assistant', content: [call, { ...call, id: 'c2' }] }, { role: 'tool', content: [result] }],
  ];
  for (const messages of broken) expect(findWireProblems(wire, await sent(wire, create, messages)), JSON.stringify(messages)).not.toEqual([]);
  expect(findWireProblems(wire, await sent(wire, create, [start, { role: 'assistant', content: [call] }, { role: 'tool', content: [result] }]))).toEqual([]);
});
