import ts from 'typescript';
import { expect, test } from 'vitest';
import { createTestRunner, measureTests, TestingError } from '../src/index.ts';
import { readV8Coverage } from '../src/v8-coverage.ts';
import { openProject, packageJson, runHanging } from './fixture.ts';

const sum = 'export const sum = (a, b) => {\n  if (a > 100) {\n    return 0;\n  }\n  return a + b;\n};\n';
const nodeTest = (body: string): string => `import test, { describe, it, before } from 'node:test';\nimport assert from 'node:assert/strict';\nimport { sum } from '../sum.js';\n${body}\n`;
const vitestTest = (body: string): string => `import { describe, expect, it, test } from 'vitest';\nimport { sum } from '../sum.js';\n${body}\n`;

test('reads a passing node:test run with its coverage', async () => {
  const workspace = await openProject({ 'package.json': packageJson('c8 --100 node --test'), 'sum.js': sum, 'test/sum.test.js': nodeTest("describe('sum', () => it('adds', () => assert.equal(sum(1, 2), 3)));") });
  const report = await createTestRunner({ workspace }).run({ coverage: true });
  expect(report).toMatchObject({ status: 'passed', runner: 'node:test', passed: 1, failed: 0, exitCode: 0 });
  expect(report.cases.map((one) => one.id)).toEqual(['test/sum.test.js > sum > adds']);
  expect(report.nonce).toMatch(/^[0-9a-f]{32}$/);
  expect(Object.keys(report.digests)).toEqual(['events-1.jsonl']);
  expect(report.coverage).toMatchObject({ status: 'measured', coverage: { files: { 'sum.js': { uncovered: [3, 4] } } } });
});

test('tells assertions, errors, timeouts, hooks and broken files of node:test apart', async () => {
  const workspace = await openProject({
    'package.json': packageJson('node --test'),
    'sum.js': sum,
    'test/a.test.js': nodeTest(`
      test('wrong', () => assert.equal(sum(1, 2), 4));
      test('throws', () => { null.x; });
      test('slow', { timeout: 20 }, () => new Promise((resolve) => setTimeout(resolve, 5000).unref()));
      it.skip('skipped', () => {});
      it.todo('later');
      test('same', () => {});
      test('same', () => {});
      describe('hooks', () => { before(() => { throw new Error('hook'); }); it('inside', () => {}); });`),
    'test/b.test.js': "import './nowhere.js';",
    'test/c.test.js': 'process.exit(3);',
  });
  const report = await createTestRunner({ workspace }).run();
  expect(report.status).toBe('failed');
  const found = Object.fromEntries(report.cases.map((one) => [one.id, [one.status, one.failure]]));
  expect(found).toMatchObject({
    'test/a.test.js > wrong': ['failed', 'assertion'],
    'test/a.test.js > throws': ['failed', 'error'],
    'test/a.test.js > slow': ['timed-out', undefined],
    'test/a.test.js > skipped': ['skipped', undefined],
    'test/a.test.js > later': ['todo', undefined],
    'test/a.test.js > same': ['passed', undefined],
    'test/a.test.js > same #2': ['passed', undefined],
    'test/a.test.js > hooks': ['errored', 'error'],
    'test/b.test.js': ['errored', 'error'],
    'test/c.test.js': ['errored', 'error'],
  });
  expect(report.cases.find((one) => one.id === 'test/b.test.js')?.message).toContain('nowhere.js');
});

test('reads a vitest run with its coverage', async () => {
  const workspace = await openProject({
    'package.json': packageJson('eslint . && vitest'),
    'sum.js': sum,
    'test/sum.test.js': vitestTest(`
      describe('sum', () => { it('adds', () => expect(sum(1, 2)).toBe(3)); it('is wrong', () => expect(sum(1, 2)).toBe(4)); });
      test('throws', () => { null.x; });
      test.skip('skipped', () => {});
      test.todo('later');`),
    'test/broken.test.js': "import './nowhere.js';",
  }, 'modules');
  const report = await createTestRunner({ workspace }).run({ coverage: true });
  expect(report.reason).toBeUndefined();
  expect(report).toMatchObject({ status: 'failed', runner: 'vitest', passed: 1, failed: 2, skipped: 1, todo: 1, errored: 1, toolVersions: { vitest: expect.any(String) as string } });
  const found = Object.fromEntries(report.cases.map((one) => [one.id, [one.status, one.failure]]));
  expect(found).toMatchObject({
    'test/sum.test.js > sum > is wrong': ['failed', 'assertion'],
    'test/sum.test.js > throws': ['failed', 'error'],
    'test/broken.test.js': ['errored', 'error'],
  });
  expect(report.coverage).toMatchObject({ status: 'measured', coverage: { files: { 'sum.js': { uncovered: [3] } } } });
});

test('runs only the files, names and kinds that are asked for', async () => {
  const workspace = await openProject({
    'package.json': packageJson('node --test'),
    'sum.js': sum,
    'test/one.test.js': nodeTest("test('first', () => {}); test('second', () => {});"),
    'test/two.integration.test.js': nodeTest("test('third', () => {});"),
  });
  const runner = createTestRunner({ workspace });
  const names = async (options: Parameters<typeof runner.run>[0]): Promise<readonly string[]> => (await runner.run(options)).cases.filter((one) => one.status === 'passed').map((one) => one.name);
  expect(await names({ files: ['test/one.test.js'] })).toEqual(['first', 'second']);
  expect(await names({ files: ['test/one.test.js'], names: ['second'] })).toEqual(['second']);
  expect(await names({ kinds: ['integration'] })).toEqual(['third']);
  expect(await runner.run({ kinds: ['e2e'] })).toMatchObject({ status: 'no-tests' });
});

test('keeps what had ended when a run hangs', async () => {
  const workspace = await openProject({ 'package.json': packageJson('node --test'), 'sum.js': sum, 'test/a.test.js': nodeTest("test('quick', () => {});"), 'test/b.test.js': nodeTest("test('endless', () => { for (;;); });") });
  const report = await runHanging((timeoutMs) => createTestRunner({ workspace }).run({ timeoutMs }));
  expect(report).toMatchObject({ status: 'timed-out', passed: 1 });
});

test('ends with the reason of an abort', async () => {
  const workspace = await openProject({ 'package.json': packageJson('node --test'), 'sum.js': sum, 'test/b.test.js': nodeTest("test('endless', () => { for (;;); });") });
  await expect(createTestRunner({ workspace }).run({ signal: AbortSignal.timeout(500) })).rejects.toThrow(/timeout/);
});

test('is inconclusive when the exit code and the results disagree', async () => {
  const files = { 'sum.js': sum, 'test/a.test.js': nodeTest("test('wrong', () => assert.equal(sum(1, 2), 4));") };
  const green = await openProject({ ...files, 'package.json': packageJson('node --test || true') });
  expect(await createTestRunner({ workspace: green }).run()).toMatchObject({ status: 'inconclusive', failed: 1 });
  const red = await openProject({ ...files, 'package.json': packageJson('node --test; exit 1 | cat && false'), 'test/a.test.js': nodeTest("test('right', () => {});") });
  expect(await createTestRunner({ workspace: red }).run()).toMatchObject({ status: 'inconclusive', passed: 1, failed: 0 });
});

test('never passes without results', async () => {
  const status = async (files: { readonly [file: string]: string }): Promise<string> => (await createTestRunner({ workspace: await openProject(files) }).run()).status;
  expect(await status({})).toBe('no-tests');
  expect(await status({ 'package.json': 'no json' })).toBe('no-tests');
  expect(await status({ 'package.json': packageJson('node --test') })).toBe('no-tests');
  expect(await status({ 'package.json': packageJson('exit 0') })).toBe('inconclusive');
  expect(await status({ 'package.json': packageJson('uvu') })).toBe('inconclusive');
  expect(await status({ 'package.json': packageJson('npm run build && node --test', { build: 'exit 2' }) })).toBe('inconclusive');
  expect(await status({ 'package.json': packageJson('node --test'), 'test/empty.test.js': '' })).toBe('no-tests');
});

test('runs every command of a script that runs tests, and what they need first', async () => {
  const workspace = await openProject({
    'package.json': packageJson('npm run test:unit && npm run test:more && npm run lint', { pretest: 'cp sum.js built.js', 'test:unit': "node --test 'test/*.unit.js'", 'test:more': 'node --test test/*.more.js', lint: 'eslint' }),
    'sum.js': sum,
    'test/a.unit.js': "import test from 'node:test'; import '../built.js'; test('unit', () => {});",
    'test/b.more.js': "import test from 'node:test'; test('more', () => {});",
  });
  const report = await createTestRunner({ workspace }).run();
  expect(report).toMatchObject({ status: 'passed', passed: 2 });
  expect(report.nonce).toMatch(/^[0-9a-f]{32}\+[0-9a-f]{32}$/);
});

test('reads JUnit of a command that the caller names', async () => {
  const junit = '<testsuites><testsuite name="s"><testcase name="a" classname="c" time="0.5"/><testcase name="b"><failure type="AssertionError" message="no &amp; no"/></testcase></testsuite></testsuites>';
  const workspace = await openProject({ 'write.mjs': `import { writeFileSync } from 'node:fs'; writeFileSync(process.argv[2], ${JSON.stringify(junit)}); process.exit(1);` });
  const report = await createTestRunner({ workspace, command: ['node', 'write.mjs', '{results}'], format: 'junit' }).run();
  expect(report).toMatchObject({ status: 'failed', passed: 1, failed: 1, cases: [{ durationMs: 500 }, { failure: 'assertion', message: 'no & no' }] });
});

test('does not follow a link or wait for a pipe in the place of its result file', async () => {
  const workspace = await openProject({
    'link.mjs': "import { symlinkSync } from 'node:fs'; symlinkSync(process.cwd() + '/forged.xml', process.argv[2]);",
    'pipe.mjs': "import { execFileSync } from 'node:child_process'; execFileSync('mkfifo', [process.argv[2]]);",
    'forged.xml': '<testsuites><testsuite><testcase name="a"/></testsuite></testsuites>',
  });
  for (const program of ['link.mjs', 'pipe.mjs']) {
    const report = await createTestRunner({ workspace, command: ['node', program, '{results}'], format: 'junit' }).run();
    expect(report).toMatchObject({ status: 'inconclusive', passed: 0, reason: expect.stringMatching(/result-file (cannot be read|is not a regular file)/) as string });
  }
});

test('refuses a command that cannot be used', async () => {
  const workspace = await openProject({});
  expect(() => createTestRunner({ workspace, command: ['pytest'] })).toThrow(TestingError);
  expect(() => createTestRunner({ workspace, command: [], format: 'vitest' })).toThrow(/empty/);
  expect(() => createTestRunner({ workspace, command: ['pytest'], format: 'junit' })).toThrow(/\{results\}/);
});

test('tells what it detected', async () => {
  const detect = async (script: string): Promise<unknown> => createTestRunner({ workspace: await openProject({ 'package.json': packageJson(script) }) }).detect();
  expect(await detect('vitest')).toEqual({ runner: 'vitest', status: 'ready', command: ['vitest'] });
  expect(await detect('cypress run')).toMatchObject({ runner: 'cypress', status: 'unsupported', reason: expect.stringContaining('cypress') as string });
  expect(await detect('./run.sh')).toMatchObject({ runner: 'unknown', status: 'ready', command: ['npm', 'test'] });
});

test('keeps at most 2,000 cases as evidence, and the ids of the rest', async () => {
  const many = nodeTest("for (let at = 0; at < 2100; at++) test('t' + at, () => { if (at === 2050) assert.fail('x'.repeat(5000)); });");
  const workspace = await openProject({ 'package.json': packageJson('node --test'), 'sum.js': sum, 'test/many.test.js': many });
  const [measured] = await measureTests({ workspace });
  const results = measured?.results as { readonly cases: readonly { readonly status: string; readonly message?: string }[]; readonly cut: { readonly total: number; readonly otherIds: readonly string[] } };
  expect(results.cases).toHaveLength(2_000);
  expect(results.cases[0]).toMatchObject({ status: 'failed', message: expect.stringMatching(/more characters\]$/) as string });
  expect(results.cut).toMatchObject({ total: 2_100, shown: 2_000 });
  expect(results.cut.otherIds).toHaveLength(100);
});

test('does not let vitest pass on nothing, or on an unhandled error', async () => {
  const manifest = { 'package.json': packageJson('vitest run') };
  const status = async (files: { readonly [file: string]: string }): Promise<string> => (await createTestRunner({ workspace: await openProject({ ...manifest, ...files }, 'modules') }).run()).status;
  expect(await status({})).toBe('no-tests');
  expect(await status({ 'a.test.js': "import { test } from 'vitest'; test.skip('later', () => {});" })).toBe('no-tests');
  expect(await status({ 'a.test.js': "import { test } from 'vitest'; test('late', () => { void Promise.reject(new Error('late')); });" })).toBe('inconclusive');
});

test('leaves coverage thresholds of the project to the policy', async () => {
  const workspace = await openProject({
    'package.json': packageJson('vitest run --coverage'),
    'vitest.config.js': 'export default { test: { coverage: { thresholds: { lines: 100, branches: 100 } } } };',
    'sum.js': sum,
    'test/sum.test.js': vitestTest("test('adds', () => expect(sum(1, 2)).toBe(3));"),
  }, 'modules');
  const runner = createTestRunner({ workspace });
  expect(await runner.run({ coverage: true })).toMatchObject({ status: 'passed', passed: 1, coverage: { status: 'measured' } });
  expect((await runner.run()).coverage).toBeUndefined();
});

test('counts what ran on the sources that compiled code comes from', async () => {
  const source = 'export function sign(value: number): string {\n  if (value < 0) {\n    return "minus";\n  }\n  return "plus";\n}\n';
  const { outputText, sourceMapText } = ts.transpileModule(source, { fileName: 'sign.ts', compilerOptions: { sourceMap: true, module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 } });
  const workspace = await openProject({
    'package.json': packageJson('node --test'),
    'src/sign.ts': source,
    'dist/sign.js': outputText,
    'dist/sign.js.map': JSON.stringify({ ...(JSON.parse(sourceMapText ?? '{}') as object), sources: ['../src/sign.ts'] }),
    'test/sign.test.js': "import test from 'node:test';\nimport assert from 'node:assert/strict';\nimport { sign } from '../dist/sign.js';\ntest('plus', () => assert.equal(sign(1), 'plus'));\n",
  });
  const { status, coverage } = await createTestRunner({ workspace }).run({ coverage: true });
  expect(status).toBe('passed');
  expect(coverage).toMatchObject({ status: 'measured', coverage: { files: { 'src/sign.ts': { uncovered: expect.arrayContaining([3]) as number[] } } } });
});

test('follows no source map out of the workspace', async () => {
  const workspace = await openProject({ 'dist/a.js': 'export const a = 1;\n' });
  const read = (sources: readonly string[]): ReturnType<typeof readV8Coverage> => readV8Coverage([JSON.stringify({
    result: [{ url: `file://${workspace.root}/dist/a.js`, functions: [{ functionName: '', ranges: [{ startOffset: 0, endOffset: 20, count: 1 }], isBlockCoverage: true }] }],
    'source-map-cache': { [`file://${workspace.root}/dist/a.js`]: { lineLengths: [19, 0], data: { version: 3, file: '/etc/passwd', sources, names: [], mappings: 'AAAA' } } },
  })], workspace.root);
  for (const sources of [['file:///etc/passwd'], ['/dev/zero'], ['../../../../../../etc/passwd', '/dev/zero'], ['webpack://x/y.js'], ['http://[', 'x'], []]) {
    const outcome = await read(sources);
    expect(outcome.status === 'measured' ? outcome.coverage.files : {}).toEqual({});
  }
});
