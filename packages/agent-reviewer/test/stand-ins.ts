import { z } from 'zod';
import { defineTool } from '@fw/agents-core';
import type { Artifact, Json, Task, Tool, ToolOutput } from '@fw/agents-core';
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
