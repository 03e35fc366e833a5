import { z } from 'zod';
import { defineTool } from '@fw/agents-core';
import type { Artifact, Json, ModelRequest, Task, Tool, ToolOutput } from '@fw/agents-core';
import type { ScriptedAnswer } from '@fw/agents-core/conformance';

export const task: Task = { specVersion: 1, id: 'add', goal: 'Add a function that adds.', acceptance: [{ id: 'c1', text: 'add(1, 2) is 3' }] };

export const patch = `diff --git a/src/add.js b/src/add.js
--- a/src/add.js
+++ b/src/add.js
@@ -1,3 +1,5 @@
 // adds
-export const add = (a) => a;
+export function add(left, right) {
+  return eval(left + '+' + right);
+}
 // end
`;

/** The reading tools; `answer` is what `diff` gives for a path, or for the whole change. */
export function toolsWith(answer: (path: string | undefined) => ToolOutput): readonly Tool[] {
  const read = (name: string): Tool => defineTool({ name, description: name, effect: 'pure', input: z.looseObject({}), run: async () => ({ ok: true, text: name }) });
  const diff = defineTool({ name: 'diff', description: 'diff', effect: 'pure', input: z.strictObject({ path: z.string().optional() }), run: async ({ path }) => answer(path) });
  return [read('read_file'), read('search'), read('write_file'), diff];
}

export const tools = toolsWith(() => ({ ok: true, text: patch }));

export const finding = (more: { readonly [key: string]: Json } = {}): { readonly [key: string]: Json } =>
  ({ file: 'src/add.js', line: 3, quote: "return eval(left + '+' + right);", severity: 'high', category: 'security', message: 'Runs its input as code.', ...more });

export const review = (findings: readonly Json[], more: { readonly [key: string]: Json } = {}): ScriptedAnswer => ({ toolCalls: [{ name: 'submit_review', arguments: { findings, ...more } }] });

export const artifact = (kind: string, content: Json): Artifact => ({ id: kind, kind, title: kind, schema: `${kind}@1`, content, producer: { agent: 'test', version: '1.0.0', key: kind } });

type Answer = (request: ModelRequest) => ScriptedAnswer;

/** Answers of every pass by its name, the last one again and again; a pass that is not named finds nothing. */
export function byPass(answers: { readonly [pass: string]: readonly ScriptedAnswer[] }): readonly Answer[] {
  const answer: Answer = (request) => {
    const name = /# Your pass: (\w+)/.exec(JSON.stringify(request.messages[1]))?.[1] ?? '';
    const own = answers[name] ?? [review([])];
    return own[Math.min(request.messages.filter(({ role }) => role === 'assistant').length, own.length - 1)]!;
  };
  return Array.from({ length: 100 }, () => answer);
}

/** A `reproduce` that puts this out, whatever it is asked to run. */
export const reproduce = (text: string): Tool => defineTool({ name: 'reproduce', description: 'reproduce', effect: 'pure', input: z.looseObject({}), run: async () => ({ ok: false, code: 'failed', text }) });

export const calls = (name: string, input: Json = {}): ScriptedAnswer => ({ toolCalls: [{ name, arguments: input }] });
