import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';

/** Agents that break the rules, each with the check that has to find it. Kept in one run, as starting vitest costs most. */
const agents: { readonly [name: string]: readonly [process: string, check: string] } = {
  'remembers what a tool said': ['async (context) => { known ??= await context.tools.call(call(1)); return done; }', 'remembers nothing: in another run it asks for the same again'],
  'asks for more each time': ['async (context) => { await context.tools.call(call(++count)); return done; }', 'gives the same result when its journal is played again, in whatever order its leaves completed'],
  'rolls dice': ["async () => ({ status: 'failed', artifacts: [], code: 'X', message: String(Math.random()) })", 'keeps no state: called again with the same answers it gives the same result'],
  'awaits a timer': ['async (context) => { await context.tools.call(call(1)); await new Promise((resolve) => setTimeout(resolve, 5)); return done; }', 'comes to the same result when it is killed anywhere, and asks for nothing twice'],
  'never ends after an abort': ['async (context) => { try { await context.tools.call(call(1)); } catch { await new Promise(() => {}); } return done; }', 'ends when it is aborted anywhere'],
  'speaks for another': ["async (context) => ({ status: 'done', artifacts: [{ id: context.id(), kind: 'k', title: 't', schema: 'k@1', content: 1, producer: { agent: 'somebody', version: '1', key: 'k' } }] })", 'names itself as the producer of its artifacts and gives each an id of its own'],
};

it('finds each agent that breaks a rule', async () => {
  const folder = await mkdtemp(fileURLToPath(new URL('./bad-agents-', import.meta.url)));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'bad-agents.test.ts'), `
    import { z } from 'zod';
    import { createTestContext, testAgent } from '@fw/agents-core/conformance';
    import { defineTool } from '@fw/agents-core';
    let [known, count]: [unknown, number] = [undefined, 0];
    const done = { status: 'done', artifacts: [] };
    const call = (id: number) => ({ id: '1', name: 'look', arguments: { id } });
    const look = defineTool({ name: 'look', description: '', effect: 'pure', input: z.object({ id: z.number() }), run: async () => ({ ok: true, text: '' }) });
    const agents = { ${Object.entries(agents).map(([name, [process]]) => `${JSON.stringify(name)}: ${process}`).join(',\n')} };
    for (const [name, process] of Object.entries(agents)) testAgent(name, { create: () => ({ specVersion: 1, name: 'bad', capabilities: ['x'], process }), context: ({ signal }) => createTestContext({ signal, tools: [look] }) });
  `);
  const root = fileURLToPath(new URL('../../..', import.meta.url));
  const report = join(folder, 'report.json');
  await new Promise((resolve) => {
    execFile(process.execPath, [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--root', root, '--reporter=json', `--outputFile=${report}`, folder], { cwd: root }, resolve);
  });
  const { testResults } = JSON.parse(await readFile(report, 'utf8')) as { readonly testResults: readonly { readonly assertionResults: readonly { readonly ancestorTitles: readonly string[]; readonly title: string; readonly status: string }[] }[] };
  const failed = testResults.flatMap(({ assertionResults }) => assertionResults.filter(({ status }) => status === 'failed').map(({ ancestorTitles, title }) => [ancestorTitles.at(-1), title]));
  for (const [name, [, check]] of Object.entries(agents)) expect(failed, name).toContainEqual([`agent conformance: ${name}`, check]);
});
