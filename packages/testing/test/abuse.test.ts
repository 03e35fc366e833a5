import { describe, expect, test } from 'vitest';
import { createTestRunner } from '../src/index.ts';
import type { TestReport } from '../src/index.ts';
import { openProject, packageJson, runHanging } from './fixture.ts';

/** A run of `node --test` in which one file is quick and the other does the given thing. */
async function run(body: string, script = 'node --test --test-concurrency=1', timeoutMs = 60_000): Promise<TestReport> {
  const workspace = await openProject({
    'package.json': packageJson(script),
    'test/a.test.js': "import test from 'node:test';\ntest('quick', () => {});\n",
    'test/b.test.js': `import test from 'node:test';\nimport { spawn } from 'node:child_process';\nimport { readdirSync, rmSync, readFileSync } from 'node:fs';\n${body}\n`,
  });
  return createTestRunner({ workspace }).run({ timeoutMs });
}

async function runVitest(body: string, timeoutMs = 60_000): Promise<TestReport> {
  const workspace = await openProject({
    'package.json': packageJson('vitest run --no-file-parallelism'),
    // vitest begins with the largest file.
    'a.test.js': `import { test } from 'vitest';\ntest('quick', () => {});\n${'// more\n'.repeat(200)}`,
    'b.test.js': `import { test } from 'vitest';\n${body}\n`,
  }, 'modules');
  return createTestRunner({ workspace }).run({ timeoutMs });
}

describe('a run that does not behave', () => {
  test('keeps what vitest had reported when it hangs', async () => {
    expect(await runHanging((timeoutMs) => runVitest("test('endless', () => { for (;;); });", timeoutMs))).toMatchObject({ status: 'timed-out', passed: 1 });
  });

  test('is not believed when it kills vitest', async () => {
    const report = await runVitest("test('kill', () => { process.kill(process.ppid, 'SIGKILL'); });");
    expect(report).toMatchObject({ status: 'inconclusive', failed: 0 });
    expect(report.passed).toBeLessThanOrEqual(1);
  });

  test('is not passed when a worker of vitest ends early', async () => {
    expect((await runVitest("test('leave', () => { process.reallyExit(0); });")).status).not.toBe('passed');
  });

  test('is not believed when it kills node --test', async () => {
    expect(await run("test('kill', () => { process.kill(process.ppid, 'SIGKILL'); });")).toMatchObject({ status: 'inconclusive', passed: 1, reason: expect.stringContaining('before all tests had run') as string });
  });

  test('ends with all its output counted and little of it kept', async () => {
    const report = await run("test('loud', () => { const block = 'x'.repeat(1_000_000); for (let count = 0; count < 500; count++) process.stdout.write(block); });", undefined, 3_000);
    expect(['passed', 'timed-out']).toContain(report.status);
    expect(JSON.stringify(report).length).toBeLessThan(100_000);
  });

  test('leaves nothing running', async () => {
    const report = await run("test('stay', () => { spawn('sleep', ['987'], { detached: true, stdio: 'ignore' }).unref(); });");
    expect(report).toMatchObject({ status: 'passed', passed: 2 });
  });

  test('is inconclusive when it takes its results away', async () => {
    const forge = "const at = /FW_TEST_RESULTS=([^\\0]+)/.exec(readFileSync('/proc/' + process.ppid + '/environ', 'utf8'))?.[1];";
    expect(await run(`test('delete', () => { ${forge} for (const name of readdirSync(at)) rmSync(at + '/' + name); });`)).toMatchObject({ status: 'inconclusive' });
  });

  test('is inconclusive when the exit code tells another story than the results', async () => {
    expect(await run("test('wrong', () => { throw new Error('no'); });", 'node --test || exit 0')).toMatchObject({ status: 'inconclusive', failed: 1 });
    expect(await run("test('fine', () => {});", 'node --test && exit 3 || exit 3')).toMatchObject({ status: 'inconclusive', failed: 0 });
  });

  test('is ended when it takes too much memory', async () => {
    const report = await run("test('hungry', () => { const kept = []; for (;;) kept.push(Buffer.alloc(64 * 1024 * 1024, 1)); });");
    expect(report.status).not.toBe('passed');
  });
});
