import { expect, test } from 'vitest';
import type { AgentContext, Evidence, Json } from '@fw/agents-core';
import { policies, policy } from '@fw/testing';
import type { Policy } from '@fw/testing';
import { createJudgeAgent, verdictSchema } from '../src/index.ts';
import type { Result } from '../src/index.ts';

type Case = { readonly id: string; readonly status: 'passed' | 'failed'; readonly message?: string };

function evidence(kind: string, results: unknown, exitCode = 0): Evidence {
  return {
    id: `run/${kind}#1`, kind, origin: 'runner', runner: { version: '0.1.0', isolated: true }, command: ['npm', 'test'], exitCode, tree: 'tree', toolVersions: {}, startedAt: 1, durationMs: 1,
    results: results as Json, digests: {}, sandbox: 'bubblewrap', nonce: 'n',
  };
}

function tests(cases: readonly Case[]): Evidence {
  const failed = cases.filter((one) => one.status === 'failed').length;
  const report = { status: failed > 0 ? 'failed' : 'passed', passed: cases.length - failed, failed, skipped: 0, todo: 0, errored: 0, timedOut: 0, runner: 'vitest', durationMs: 1, cpuMs: 1, peakMemoryBytes: 1 };
  return evidence('tests', { report, cases: cases.map((one) => ({ ...one, file: 'test/a.test.ts', name: one.id, durationMs: 1 })) }, failed > 0 ? 1 : 0);
}

async function decide(given: readonly Evidence[], rules: Policy = policies.default): Promise<Result> {
  let count = 0;
  const context = { path: 'validation#1/judge', id: () => `id-${++count}` } as unknown as AgentContext;
  return createJudgeAgent({ policy: rules, evidence: () => given }).process(context);
}

test('is done with a verdict artifact when every gate holds', async () => {
  const result = await decide([tests([{ id: 'a', status: 'passed' }])]);
  expect(result).toMatchObject({ status: 'done', artifacts: [{ kind: 'verdict', schema: 'verdict@1', producer: { agent: 'judge', key: 'validation#1/judge/verdict' }, content: { verdict: 'accepted', tree: 'tree' } }] });
  expect(verdictSchema.safeParse(result.artifacts[0]?.content).error).toBeUndefined();
});

test('asks for each failing test by name, message, place and evidence', async () => {
  const message = 'AssertionError: 3 is not 4\n    at /tmp/copy/test/a.test.ts:12:5';
  expect(await decide([tests([{ id: 'test/a.test.ts > adds', status: 'failed', message }])])).toMatchObject({
    status: 'revise',
    requests: [{ id: 'id-2', what: `Test "test/a.test.ts > adds" failed:\n${message}`, where: { file: 'test/a.test.ts', line: 12 }, evidence: ['run/tests#1'] }],
  });
});

test('asks for tests of uncovered changed lines and for new findings to go', async () => {
  const coverage = evidence('coverage', { status: 'measured', lines: 0.5, branches: null, changedLines: 0, changed: { covered: 0, total: 2, uncovered: [{ file: 'src/a.ts', lines: [7, 8] }], omittedFiles: 0 }, files: {}, omittedFiles: 0 });
  const finding = { source: 'secrets', rule: 'npm-token', category: 'secret', severity: 'critical', file: 'src/b.ts', line: 3, message: 'A token.', isNew: true };
  const secrets = evidence('secrets', { status: 'measured', validator: 'secrets', findings: [finding], total: 1, newBySeverity: { low: 0, medium: 0, high: 0, critical: 1 } });
  const result = await decide([tests([{ id: 'a', status: 'passed' }]), coverage, secrets], policy({ coverage: { changedLines: 0.8 } }));
  expect(result).toMatchObject({ status: 'revise', requests: [{ where: { file: 'src/a.ts', line: 7 } }, { what: 'npm-token: A token.', where: { file: 'src/b.ts', line: 3 } }] });
});

test('asks for a test for each mutant that none noticed, with its place and what was put there', async () => {
  const mutant = { file: 'src/a.ts', line: 7, column: 3, mutator: 'EqualityOperator', original: 'total > 100', replacement: 'total >= 100' };
  const mutation = evidence('mutation', { status: 'measured', mutants: [{ ...mutant, status: 'survived' }, { ...mutant, line: 8, status: 'killed', killedBy: 'test/a.test.ts > a' }], left: 0, unread: [] });
  const result = await decide([tests([{ id: 'a', status: 'passed' }]), mutation], policy({ gates: { mutation: 'required' } }));
  expect(result).toMatchObject({ status: 'revise', requests: [{ what: expect.stringMatching(/EqualityOperator.*\ntotal > 100\ntotal >= 100$/) as string, where: { file: 'src/a.ts', line: 7 }, evidence: ['run/mutation#1'] }] });
  expect(result).toHaveProperty('requests.length', 1);
});

test('names a required gate that could not be judged', async () => {
  expect(await decide([tests([{ id: 'a', status: 'passed' }])], policies.delivery)).toMatchObject({ status: 'revise', requests: [{ what: expect.stringContaining('red-first') as string }] });
  expect(await decide([])).toMatchObject({ status: 'revise', requests: [{ what: 'tests: the tests were not run', evidence: [] }] });
});

test('asks for at most 20 things, and says how many more there are', async () => {
  const result = await decide([tests(Array.from({ length: 50 }, (_, index) => ({ id: `t${index}`, status: 'failed' as const })))]);
  const requests = result.status === 'revise' ? result.requests : [];
  expect(requests).toHaveLength(20);
  expect(requests.at(-1)?.what).toContain('31 more');
});

test('gives the same result for the same evidence, and survives results of another form', async () => {
  const given = [tests([{ id: 'a', status: 'failed' }]), evidence('findings', 'nonsense')];
  expect(await decide(given)).toEqual(await decide(given));
});
