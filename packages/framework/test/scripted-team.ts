import { mkdtemp, mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Config, Json } from '@fw/framework';

type Calls = readonly { readonly name: string; readonly arguments: Json }[];

const reply = (when: Json, toolCalls: Calls): Json => ({ when, then: { toolCalls: toolCalls as unknown as Json } });
const finish = { name: 'finish', arguments: { summary: 'It is done.', criteria: [{ id: 'c1', status: 'met', evidence: [] }] } };

/** Replies of an architect and a reviewer who agree with everything. */
const formalities: readonly Json[] = [
  reply({ tools: ['submit_requirements'] }, [{ name: 'submit_requirements', arguments: { criteria: [{ id: 'c1', text: 'double(2) is 4' }] } }]),
  reply({ tools: ['submit_analysis'] }, [{ name: 'submit_analysis', arguments: { summary: 'One file.', changes: [{ file: 'src/math.js', why: 'it has to be there' }], answers: [] } }]),
  reply({ tools: ['submit_design'] }, [{ name: 'submit_design', arguments: { summary: 'One function.', components: [{ name: 'double', files: ['src/math.js'], responsibility: 'doubles', criteria: ['c1'] }], api: ['double(n)'], tests: [{ criterion: 'c1', description: 'doubles 2', file: 'test/double.test.js', name: 'doubles' }] } }]),
  reply({ tools: ['submit_review'] }, [{ name: 'submit_review', arguments: { approved: true, findings: [] } }]),
];

const testFile = "import assert from 'node:assert/strict';\nimport test from 'node:test';\nimport { double } from '../src/math.js';\ntest('doubles', () => { assert.equal(double(2), 4); });\n";
const codeOf = (body: string): string => `export const one = 1;\nexport const double = (n) => ${body};\n`;

/** The developer writes the test and that code, and says that it is done. */
export const developerWrites = (body: string): readonly Json[] => [
  reply({ tools: ['finish'], turn: 0 }, [
    { name: 'write_file', arguments: { path: 'test/double.test.js', content: testFile, replace: true } },
    { name: 'write_file', arguments: { path: 'src/math.js', content: codeOf(body), replace: true } },
  ]),
  reply({ tools: ['finish'], turn: 1 }, [{ name: 'run_tests', arguments: { scope: 'all' } }]),
  reply({ tools: ['finish'] }, [finish]),
];

export const developerOnlyTalks: readonly Json[] = [reply({ tools: ['finish'] }, [finish])];

export const configOf = (developer: readonly Json[], more: Config = {}): Config => ({
  providers: { scripted: { use: 'scripted', script: { version: 1, replies: [...formalities, ...developer] } } },
  models: { default: { use: 'scripted/team' } },
  ...more,
});

/** A project with node:test and no dependency, in a folder of its own, and a home beside it. */
export async function makeProject(): Promise<{ readonly directory: string; readonly home: string }> {
  const root = await mkdtemp(path.join(tmpdir(), 'fw-framework-'));
  const directory = path.join(root, 'projekt mit ü');
  await mkdir(path.join(directory, 'src'), { recursive: true });
  await mkdir(path.join(directory, 'test'));
  await writeFile(path.join(directory, 'package.json'), JSON.stringify({ name: 'sample', version: '1.0.0', type: 'module', scripts: { test: 'node --test' } }));
  await writeFile(path.join(directory, 'src/math.js'), 'export const one = 1;\n');
  await writeFile(path.join(directory, 'test/one.test.js'), "import assert from 'node:assert/strict';\nimport test from 'node:test';\nimport { one } from '../src/math.js';\ntest('is one', () => { assert.equal(one, 1); });\n");
  return { directory, home: path.join(root, 'home') };
}
