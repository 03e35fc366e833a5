import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { gateNames, judge, measureTests, policy } from '../src/index.ts';
import type { Evidence } from '../src/index.ts';
import { findHarnessChanges } from '../src/harness-changes.ts';
import { openProject, packageJson } from './fixture.ts';

const right = 'export const sum = (a, b) => a + b;\n';
const wrong = 'export const sum = (a, b) => a - b;\n';
type Files = { readonly [file: string]: string };

const node: Files = {
  'package.json': packageJson('node --test'),
  'sum.js': right,
  'test/sum.test.js': "import test from 'node:test';\nimport assert from 'node:assert/strict';\nimport { sum } from '../sum.js';\ntest('adds', () => assert.equal(sum(1, 2), 3));\n",
};
const vitest: Files = {
  'package.json': packageJson('vitest run'),
  'sum.js': right,
  'test/sum.test.js': "import { expect, test } from 'vitest';\nimport { sum } from '../sum.js';\ntest('adds', () => expect(sum(1, 2)).toBe(3));\n",
};

interface Judged {
  readonly verdict: string;
  readonly message: string;
  readonly findings: readonly { readonly rule: string; readonly file: string }[];
}

/** The verdict on the tests of a project after a change. */
async function judged(base: Files, change: Files, approved: readonly string[] = []): Promise<Judged> {
  const workspace = await openProject(base, base['package.json']?.includes('vitest') === true ? 'modules' : undefined);
  for (const [file, content] of Object.entries(change)) {
    // An agent's command can write where the workspace's own tools refuse to.
    mkdirSync(dirname(join(workspace.root, file)), { recursive: true });
    writeFileSync(join(workspace.root, file), content);
  }
  const evidence = (await measureTests({ workspace, approved })).map((one, index): Evidence => ({ ...one, id: `e${index}`, origin: 'runner' }));
  const off = Object.fromEntries(gateNames.filter((gate) => gate !== 'tests').map((gate) => [gate, 'off' as const]));
  const { verdict, gates } = judge(evidence, policy({ gates: off, approved }));
  const changes = evidence.find((one) => one.kind === 'test-changes')?.results as Pick<Judged, 'findings'> | undefined;
  return { verdict, message: gates[0]?.message ?? '', findings: changes?.findings ?? [] };
}

const forgedReport = JSON.stringify({ testResults: [{ name: 'test/sum.test.js', status: 'passed', assertionResults: [{ ancestorTitles: [], title: 'adds', status: 'passed' }] }] });

describe('a change that breaks the code and forges its tests is not accepted', () => {
  const forgeries: { readonly [name: string]: readonly [base: Files, change: Files] } = {
    'by a vitest config that reports for itself and leaves': [vitest, {
      'sum.js': wrong,
      'vitest.config.js': `import { writeFileSync, readdirSync } from 'node:fs';\nconst at = process.argv.join(' ').match(/outputFile\\S*=(\\S+)/)?.[1] ?? process.env.FW_TEST_RESULTS + '/events-1-1.jsonl';\nwriteFileSync(at, ${JSON.stringify(forgedReport)});\nprocess.exit(0);\n`,
    }],
    'by a setup file that the base\'s config names': [{ ...vitest, 'vitest.config.js': "export default { test: { setupFiles: ['./test/prepare.js'] } };\n", 'test/prepare.js': '' }, {
      'sum.js': wrong,
      'test/prepare.js': "import { expect } from 'vitest';\nexpect.extend({ toBe: () => ({ pass: true, message: () => '' }) });\n",
    }],
    'by a preload that kills the runner': [{ ...node, 'package.json': packageJson('node --import ./start.js --test'), 'start.js': '' }, {
      'sum.js': wrong,
      'start.js': "process.kill(process.ppid, 'SIGKILL');\n",
    }],
    'by a script that echoes': [node, { 'sum.js': wrong, 'package.json': packageJson("echo '# pass 1'") }],
    'by a script that runs something before': [node, { 'sum.js': wrong, 'package.json': packageJson('node --test', { pretest: 'rm -r test' }) }],
    'by a script that the test script runs': [{ ...node, 'package.json': packageJson('npm run unit', { unit: 'node --test' }) }, { 'sum.js': wrong, 'package.json': packageJson('npm run unit', { unit: 'node --test other' }) }],
    'by a preload of its own': [{ ...node, 'package.json': packageJson('node --import ./tools/load.js --test'), 'tools/load.js': '' }, {
      'sum.js': wrong,
      'tools/load.js': "import assert from 'node:assert/strict';\nassert.equal = () => {};\n",
    }],
    'by a reporter package in a node_modules of its own': [vitest, {
      'sum.js': wrong,
      'test/node_modules/vitest/package.json': '{"name":"vitest","type":"module","main":"index.js"}',
      'test/node_modules/vitest/index.js': 'export const test = () => {};\nexport const expect = () => ({ toBe() {} });\n',
    }],
    'by a package that has the name of its runner': [vitest, {
      'sum.js': wrong,
      'package.json': JSON.stringify({ name: 'vitest', type: 'module', exports: './fake.js', scripts: { test: 'vitest run' } }),
      'fake.js': 'export const test = (name, run) => undefined;\nexport const expect = () => ({ toBe() {} });\n',
    }],
    'by options for node in .npmrc': [{ ...node, 'package.json': packageJson('node --test || exit 1') }, {
      'sum.js': wrong,
      '.npmrc': 'node-options=--import=./load.js\nscript-shell=/bin/true\n',
      'load.js': 'process.exit(0);\n',
    }],
    'by a test that ends its process as if all was well': [node, {
      'sum.js': wrong,
      'test/first.test.js': "import test from 'node:test';\ntest('first', () => {});\n",
      'test/sum.test.js': `process.reallyExit(0);\n${node['test/sum.test.js'] ?? ''}`,
    }],
    'by new tests that end their process': [node, {
      'twice.js': 'export const twice = (a) => a;\n',
      'test/twice.test.js': "import test from 'node:test';\nimport assert from 'node:assert/strict';\nimport { twice } from '../twice.js';\ntest('one', () => process.reallyExit(0));\ntest('twice', () => assert.equal(twice(2), 4));\n",
    }],
    'by code that replaces the assertions': [node, { 'sum.js': `import assert from 'node:assert/strict';\nassert.equal = () => {};\n${wrong}` }],
    'by code that replaces the matchers': [vitest, { 'sum.js': `import { expect } from 'vitest';\nexpect.extend({ toBe: () => ({ pass: true, message: () => '' }) });\n${wrong}` }],
    'by deleting the results': [node, {
      'sum.js': `import { readdirSync, rmSync, readFileSync } from 'node:fs';\nconst parent = readFileSync('/proc/' + process.ppid + '/environ', 'utf8');\nconst at = /FW_TEST_RESULTS=([^\\0]+)/.exec(parent)?.[1];\nif (at) for (const name of readdirSync(at)) rmSync(at + '/' + name);\n${wrong}`,
    }],
    'by writing over the results of others': [node, {
      'sum.js': wrong,
      'test/forge.test.js': `import test from 'node:test';\nimport { readdirSync, readFileSync, writeFileSync } from 'node:fs';\ntest('forge', () => {\n  const at = /FW_TEST_RESULTS=([^\\0]+)/.exec(readFileSync('/proc/' + process.ppid + '/environ', 'utf8'))?.[1];\n  for (const name of readdirSync(at)) writeFileSync(at + '/' + name, ['begin', 'start', 'pass', 'end'].map((type) => JSON.stringify({ type, name: 'adds', nesting: 0, file: process.cwd() + '/test/sum.test.js' })).join('\\n'));\n});\n`,
    }],
    'by results at a place that it guesses': [node, { 'sum.js': wrong, 'tests.json': forgedReport, 'results.json': forgedReport, 'junit.xml': '<testsuite><testcase name="adds"/></testsuite>' }],
  };
  for (const [name, [base, change]] of Object.entries(forgeries)) {
    test(name, async () => {
      expect((await judged(base, change)).verdict).not.toBe('accepted');
    });
  }
});

describe('test setup', () => {
  const config = '{}\n';
  const sha256 = createHash('sha256').update(config).digest('hex');

  test('is a finding when it changed, and counts once its hash is approved', async () => {
    const refused = await judged(node, { 'node.config.json': config });
    expect(refused).toMatchObject({ verdict: 'inconclusive', findings: [{ rule: 'test-setup-changed', file: 'node.config.json' }] });
    expect(refused.message).toContain(sha256);
    expect(await judged(node, { 'node.config.json': config }, [sha256])).toMatchObject({ verdict: 'accepted' });
  });

  test('is run as the base has it, so that a broken change is still seen as failed', async () => {
    expect(await judged(node, { 'sum.js': wrong, 'package.json': packageJson('true') })).toMatchObject({ verdict: 'rejected', message: expect.stringContaining('adds') as string });
  });

  test('is what the base\'s configs and scripts load, not the code that they build or test', async () => {
    const workspace = await openProject({
      'package.json': packageJson('node scripts/prepare.js && node --import=./load.js --test test/list.js'),
      'vite.config.js': "import { plugin } from './tools/plugin.js';\nexport default { build: { lib: { entry: 'src/index.js' } }, test: { setupFiles: ['./test/begin.js'] }, plugins: [plugin] };\n",
      'tools/plugin.js': "import './more.js';\nexport const plugin = {};\n", 'tools/more.js': '', 'src/index.js': '', 'test/begin.js': "import '../src/index.js';\nimport './help.js';\n", 'test/help.js': '', 'test/list.js': '', 'scripts/prepare.js': '', 'load.js': '', 'tsconfig.json': '{}',
    });
    for (const file of await workspace.files(workspace.base)) await workspace.write(file, file.endsWith('.json') ? file === 'package.json' ? packageJson('node scripts/prepare.js && node --import=./load.js --test test/list.js', { lint: 'eslint' }) : '{ "compilerOptions": { /* no */ "strict": true, } }' : '// changed\n');
    const found = await findHarnessChanges(workspace, workspace.base, await workspace.snapshot());
    expect(found.map((change) => change.file)).toEqual(['load.js', 'scripts/prepare.js', 'test/begin.js', 'test/help.js', 'tools/more.js', 'tools/plugin.js', 'vite.config.js']);
  });

  test('is what a script\'s program reads without being told', async () => {
    const workspace = await openProject({ 'package.json': packageJson('make check'), Makefile: 'check:\n\tnode --test\n', 'other.mk': '' });
    await workspace.write('Makefile', 'check:\n');
    await workspace.write('other.mk', '# changed\n');
    const found = await findHarnessChanges(workspace, workspace.base, await workspace.snapshot());
    expect(found).toMatchObject([{ file: 'Makefile', before: 'check:\n\tnode --test\n' }]);
  });

  test('leaves honest changes alone', async () => {
    const dependency = JSON.stringify({ ...(JSON.parse(node['package.json'] ?? '') as object), dependencies: { left: '1.0.0' }, version: '2.0.0', scripts: { test: 'node --test', lint: 'eslint .' } });
    expect(await judged(node, { 'package.json': dependency, 'test/more.test.js': "import test from 'node:test';\ntest('more', () => {});\n" })).toMatchObject({ verdict: 'accepted', findings: [] });
    const first = { 'package.json': packageJson('node --test'), 'test/sum.test.js': node['test/sum.test.js'] ?? '' };
    expect(await judged({ 'sum.js': right, 'package.json': '{"name":"project","type":"module"}' }, first)).toMatchObject({ verdict: 'accepted', findings: [] });
  });
});
