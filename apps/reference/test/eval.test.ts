import { readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { copySuite, exampleSuite } from './example-suite.ts';
import { hashTree } from './hash-tree.ts';
import { runFw } from './start-fw.ts';
import type { Ended } from './start-fw.ts';
import { useTemporaryFolder } from './temporary-folder.ts';

const folder = useTemporaryFolder();
const fw = (...args: string[]): Promise<Ended> => runFw(args, { cwd: folder(), env: { FW_HOME: path.join(folder(), 'home') } });
const lastLine = ({ stdout }: Ended): unknown => JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');

describe('fw eval on the example suite', () => {
  it('solves all ten tasks with their gold patches and none without a change, and leaves the suite as it was', async () => {
    const before = hashTree(exampleSuite);
    const gold = await fw('eval', exampleSuite, '--gold', '--output', 'json', '--min-pass', '1');
    expect(gold).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse(gold.stdout)).toMatchObject({
      version: 1, mode: 'gold', status: 'complete', simulated: false, excluded: [], comparison: null, exitCode: 0,
      arms: [{ arm: 'gold', runs: 10, solved: 10, passAt1: { value: 1, high: 1 }, gate: null }],
    });
    const empty = await fw('eval', exampleSuite, '--empty', '--output', 'ndjson');
    expect(empty).toMatchObject({ exitCode: 0, stderr: '' });
    expect(lastLine(empty)).toMatchObject({ type: 'evaluation.finished', arms: [{ arm: 'empty', runs: 10, solved: 0, passAt1: { value: 0, low: 0 }, unsolved: { 'hidden-tests-failed': 10 } }] });
    expect(empty.stdout.split('\n').filter((line) => line.includes('"run.judged"'))).toHaveLength(10);
    expect(hashTree(exampleSuite)).toBe(before);
  }, 300_000);
});

describe('fw eval', { timeout: 180_000 }, () => {
  it('names a broken task with --check, leaves it out of the rates, and says so', async () => {
    const suite = await copySuite(folder(), 'bug-month-end', 'edge-cases-chunk');
    await writeFile(path.join(suite, 'tasks/bug-month-end/gold.patch'), '');
    const lines = await fw('eval', suite, '--check', '--output', 'ndjson');
    expect(lastLine(lines)).toMatchObject({ type: 'suite.checked', version: 1, tasks: 2, broken: 1 });
    const checked = await fw('eval', suite, '--check');
    expect(checked).toMatchObject({ exitCode: 1, stderr: '' });
    expect(checked.stdout).toMatch(/bug-month-end: BROKEN: hidden tests do not pass with the gold patch/);
    expect(checked.stdout).toContain('1 of 2 tasks measure what they say.');
    const gold = await fw('eval', suite, '--gold');
    expect(gold).toMatchObject({ exitCode: 0, stderr: '' });
    expect(gold.stdout).toContain('Left out: bug-month-end is broken');
    expect(gold.stdout).toMatch(/pass@1 +100\.0 % \[20\.7, 100\.0\], 1 of 1 runs/);
    expect(await fw('eval', suite, '--gold', '--task', 'bug-*')).toMatchObject({ exitCode: 1 });
  });

  it('is done by several processes at once, each its own', async () => {
    const suite = await copySuite(folder(), 'bug-month-end');
    const both = await Promise.all(['--empty', '--gold'].map((mode) => fw('eval', suite, mode, '--output', 'json')));
    expect(both.map(({ exitCode, stderr }) => [exitCode, stderr])).toEqual([[0, ''], [0, '']]);
    expect(both.map(({ stdout }) => (JSON.parse(stdout) as { readonly arms: readonly { readonly solved: number }[] }).arms[0]?.solved)).toEqual([0, 1]);
  });

  it('exits 1 below --min-pass', async () => {
    expect(await fw('eval', await copySuite(folder(), 'bug-month-end'), '--empty', '--min-pass', '0.5')).toMatchObject({ exitCode: 1, stderr: '' });
  });

  it('gives what was judged again with --resume, refuses a suite that has changed, and is pruned when it is old', async () => {
    const suite = await copySuite(folder(), 'bug-month-end');
    const evaluation = JSON.parse((await fw('eval', suite, '--gold', '--output', 'json')).stdout) as { readonly id: string };
    const resumed = await fw('eval', suite, '--resume', evaluation.id.slice(0, -3), '--output', 'json');
    expect(JSON.parse(resumed.stdout)).toEqual({ ...evaluation, exitCode: 0 });
    await writeFile(path.join(suite, 'tasks/bug-month-end/repository/more.js'), '');
    expect(await fw('eval', suite, '--resume', evaluation.id)).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('bug-month-end changed') as string });
    expect(await readdir(path.join(folder(), 'home/evaluations', evaluation.id))).not.toContain('tasks');
    await fw('prune', '--older-than', '1d');
    expect(await readdir(path.join(folder(), 'home/evaluations'))).toContain(evaluation.id);
    expect(await fw('prune', '--older-than', '0s')).toMatchObject({ exitCode: 0 });
    expect(await readdir(path.join(folder(), 'home/evaluations'))).toEqual(['.shared']);
  });

  it.each<[string, string, readonly string[]]>([
    ['a folder that is not there', 'there is no such folder', ['nowhere']],
    ['two modes', '--gold and --empty cannot be had together', ['suite', '--gold', '--empty']],
    ['a model where none is used', '--gold uses no model, so --against cannot be had with it', ['suite', '--gold', '--against', 'b.json']],
    ['no runs', '--runs "0" is not possible', ['suite', '--empty', '--runs', '0']],
    ['a share above 1', '--min-pass "90" is not possible', ['suite', '--empty', '--min-pass', '90']],
    ['a task that is not there', '--task "feature" names no task of fw examples. Tasks: bug-month-end.', ['suite', '--gold', '--task', 'feature']],
    ['an evaluation that is not there', 'There is no evaluation "20260101-nope"', ['suite', '--resume', '20260101-nope']],
    ['a place outside in an id', 'There is no evaluation "../../suite"', ['suite', '--resume', '../../suite']],
    ['options that a resumed evaluation has already', '--resume goes on with what the evaluation began with, so --runs', ['suite', '--resume', 'x', '--runs', '2']],
  ])('refuses %s with exit code 2', async (_name, message, args) => {
    await copySuite(folder(), 'bug-month-end');
    const ended = await fw('eval', ...args);
    expect(ended).toMatchObject({ exitCode: 2, stdout: '' });
    expect(ended.stderr).toContain(message);
  });

  it('says what to do without a key, and which config is wrong', async () => {
    const suite = await copySuite(folder(), 'bug-month-end');
    expect(await fw('eval', suite, '--model', 'openai/any')).toMatchObject({ exitCode: 6, stderr: expect.stringContaining('OPENAI_API_KEY') as string });
    await writeFile(path.join(folder(), 'b.json'), '{"budget":{}}');
    expect(await fw('eval', suite, '--config', 'b.json')).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('did you mean "budgets"?') as string });
    await rm(path.join(suite, 'tasks/bug-month-end/hidden'), { recursive: true });
    expect(await fw('eval', suite, '--gold')).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('it holds the hidden tests') as string });
  });
});
