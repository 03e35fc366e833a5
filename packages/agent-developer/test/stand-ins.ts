import { z } from 'zod';
import { defineTool } from '@fw/agents-core';
import type { Artifact, Json, Task, Tool, ToolOutput } from '@fw/agents-core';
import type { ScriptedAnswer } from '@fw/agents-core/conformance';

export const task: Task = { specVersion: 1, id: 'add', goal: 'Add a function that adds.', acceptance: [{ id: 'c1', text: 'add(1, 2) is 3' }, { id: 'c2', text: 'add() is 0' }] };

const tool = (name: string, effect: 'pure' | 'idempotent', answer: ToolOutput): Tool =>
  defineTool({ name, description: name, effect, input: z.looseObject({}), run: async () => answer });

/** As the real ones, without the world: a run of the tests is `run-1` and shows two cases. */
export const tools: readonly Tool[] = [
  tool('read_file', 'pure', { ok: true, text: 'content' }),
  tool('edit_file', 'idempotent', { ok: true, text: 'edited' }),
  tool('run', 'idempotent', { ok: true, text: 'exit code 0', meta: { changed: [] } }),
  tool('run_tests', 'idempotent', { ok: true, text: '1 failed, 1 passed\nFAIL add.test.js > adds (3 ms)\n', meta: { run: 'run-1', cases: [{ id: 'add.test.js > zero', status: 'passed' }] } }),
  tool('plan', 'pure', { ok: true, text: '1. [ ] go' }),
  tool('deploy', 'idempotent', { ok: true, text: '' }),
];

export const calls = (name: string, input: Json = {}): ScriptedAnswer => ({ toolCalls: [{ name, arguments: input }] });

export const met = (id: string, ...evidence: string[]): Json => ({ id, status: 'met', evidence });

export const finish = (criteria: readonly Json[], more: { readonly [key: string]: Json } = {}): ScriptedAnswer => calls('finish', { summary: 'Added it.', criteria, ...more });

export const artifact = (kind: string, content: Json): Artifact => ({ id: kind, kind, title: kind, schema: `${kind}@1`, content, producer: { agent: 'test', version: '1.0.0', key: kind } });

/** Every format of edits; no patch ever fits. */
export const patchTools: readonly Tool[] = [
  tool('edit_file', 'idempotent', { ok: true, text: 'edited' }),
  tool('apply_patch', 'idempotent', { ok: false, code: 'not_found', text: 'not found', meta: { failed: ['a.js'] } }),
  tool('write_file', 'idempotent', { ok: true, text: 'written' }),
];

/** A run_tests that tells of the tests what it is given, one report a call, the last one again and again. */
export function runTests(reports: readonly { readonly [key: string]: Json }[]): Tool {
  let count = 0;
  return defineTool({
    name: 'run_tests', description: 'run_tests', effect: 'idempotent', input: z.looseObject({}),
    async run() {
      const report = reports[Math.min(count, reports.length - 1)]!;
      count += 1;
      return { ok: true, text: `${count} run`, meta: { run: `run-${count}`, status: 'passed', whole: true, ...report } };
    },
  });
}
