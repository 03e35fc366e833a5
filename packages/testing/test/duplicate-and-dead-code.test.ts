import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createDeadCodeProblems } from '../src/dead-code-problems.ts';
import { createDuplicationProblems } from '../src/duplication-problems.ts';
import { runGate } from '../src/index.ts';
import { measureProblems } from '../src/measure-problems.ts';
import type { ProblemTool } from '../src/problem-tool.ts';
import { openProject } from './fixture.ts';

// Both break `npm ci` of this repository on other platforms, so they are not among its dependencies: a folder that has them can be named.
const peers = process.env['FW_TEST_PEERS'] ?? '';
const beside = join(peers, 'package.json');
const isThere = peers !== '' && existsSync(beside);

const block = (name: string): string => `export function ${name}(list) {\n  const found = [];\n${Array.from({ length: 12 }, (_, index) => `  if (list[${index}] > ${index * 7}) found.push({ at: ${index}, by: list[${index}] * ${index + 3} });`).join('\n')}\n  return found;\n}\n`;

async function findings(tool: ProblemTool, base: { readonly [file: string]: string }, change: { readonly [file: string]: string }): Promise<unknown> {
  const workspace = await openProject(base);
  for (const [file, content] of Object.entries(change)) await workspace.write(file, content);
  const { results } = await measureProblems({ workspace, tool, base: workspace.base, head: await workspace.snapshot() });
  return results;
}

test('duplication and dead code are unavailable, with the line that installs them, and never taken from the workspace', async () => {
  const workspace = await openProject({ 'package.json': '{}', 'node_modules/jscpd/package.json': '{"version":"5.3.3","bin":"a.js"}', 'node_modules/knip/package.json': '{"version":"6.0.0","bin":{"knip":"a.js"}}' });
  expect(await runGate({ workspace, only: ['duplication', 'dead-code'] })).toMatchObject({
    verdict: 'inconclusive',
    gates: [{ gate: 'duplication', status: 'unavailable', message: expect.stringContaining('npm install --save-dev jscpd@5.3.3') as string }, { gate: 'dead-code', status: 'unavailable', message: expect.stringContaining('npm install --save-dev knip') as string }],
  });
});

describe.skipIf(!isThere)('with jscpd and knip', () => {
  test('duplication finds what a change copies, not what it moves', async () => {
    const base = { 'a.js': block('one'), 'old-1.js': `// 1\n${block('old')}`, 'old-2.js': `// 2\n${block('old')}` };
    expect(await findings(createDuplicationProblems(beside), base, { 'b.js': `${block('other').replaceAll(' * ', ' / ')}\n` })).toMatchObject({ status: 'measured', newBySeverity: { low: 0 } });
    expect(await findings(createDuplicationProblems(beside), { 'a.js': block('one') }, { 'b.js': block('two'), '.jscpd.json': '{"ignore":["**/*"]}' })).toMatchObject({ status: 'measured', newBySeverity: { low: 1 }, findings: [{ category: 'duplication', isNew: true }] });
  });

  test('dead code finds what a change leaves unused, with the base’s settings', async () => {
    const base = { 'package.json': '{"name":"a","type":"module","main":"index.js"}', 'index.js': "import { a } from './a.js';\nconsole.log(a);\n", 'a.js': 'export const a = 1;\nexport const old = 2;\n' };
    expect(await findings(createDeadCodeProblems(beside), base, { 'a.js': 'export const a = 1;\nexport const old = 2;\nexport const added = 3;\n', 'b.js': 'export const b = 1;\n', 'knip.json': '{"ignore":["**"]}' })).toMatchObject({
      status: 'measured', newBySeverity: { low: 2 }, findings: expect.arrayContaining([expect.objectContaining({ rule: 'unused-export', file: 'a.js', line: 3, isNew: true }), expect.objectContaining({ rule: 'unused-file', file: 'b.js', isNew: true }), expect.objectContaining({ line: 2, isNew: false })]) as unknown,
    });
  });
});
