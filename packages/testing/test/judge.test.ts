import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Evidence } from '@fw/agents-core';
import { gateNames, judge, policies, policy, TestingError } from '../src/index.ts';
import type { GateLevel, GateName, Verdict } from '../src/index.ts';
import { baseline, evidence, findings, tests } from './evidence.ts';

const verdictOf = (...given: readonly Evidence[]): Verdict['verdict'] => judge(given, policies.default).verdict;
const gate = (name: string, given: readonly Evidence[], chosen = policies.default): Verdict['gates'][number] | undefined => judge(given, chosen).gates.find((one) => one.gate === name);
const coverage = (changedLines: number | null): Evidence =>
  evidence({ kind: 'coverage', results: { status: 'measured', lines: 0.9, branches: 0.5, changedLines, changed: { covered: 1, total: 2, uncovered: [{ file: 'a.ts', lines: [3] }], omittedFiles: 0 }, files: {}, omittedFiles: 0 } });
const redFirst = (...onBase: readonly string[]): Evidence =>
  evidence({ kind: 'red-first', results: { status: 'measured', cases: onBase.map((one, index) => ({ id: `c${index}`, onBase: one })), red: 0, total: onBase.length } });

describe('judge', () => {
  test('accepts a tree whose tests all pass', () => {
    expect(judge([tests({ a: 'passed' })], policies.default)).toMatchObject({ verdict: 'accepted', tree: 'head', base: null });
  });

  test('rejects failed, errored and timed-out tests by name', () => {
    for (const status of ['failed', 'errored', 'timed-out'] as const) {
      expect(verdictOf(tests({ a: 'passed', b: status }))).toBe('rejected');
      expect(gate('tests', [tests({ a: 'passed', b: status })])?.message).toContain('b');
    }
  });

  test('says when a failing test failed before the change as well, and still rejects', () => {
    const given = [baseline({ a: 'failed' }), tests({ a: 'failed' })];
    expect(gate('tests', given)?.message).toContain('1 failed before the change as well');
    expect(verdictOf(...given)).toBe('rejected');
  });

  test('is inconclusive without evidence, without tests and with unreadable results', () => {
    expect(judge([], policies.default)).toMatchObject({ verdict: 'inconclusive', tree: null });
    expect(verdictOf(findings('secrets', {}, 'secrets'))).toBe('inconclusive');
    expect(verdictOf(tests({}))).toBe('inconclusive');
    expect(verdictOf(tests({ a: 'skipped' }))).toBe('inconclusive');
    expect(verdictOf(evidence({ kind: 'tests', results: 'passed!' }))).toBe('inconclusive');
    expect(verdictOf(tests({ a: 'passed' }, { status: 'inconclusive', reason: 'no' }))).toBe('inconclusive');
  });

  test('says the same weakening once, however often the tree was measured', () => {
    const finding = { source: 'test-changes', rule: 'test-deleted', category: 'test', severity: 'high', file: 'a.test.ts', line: 0, message: 'gone', isNew: true };
    const weakened = (): Evidence => evidence({ kind: 'test-changes', results: { status: 'measured', validator: 'test-changes', findings: [finding], total: 1, newBySeverity: { low: 0, medium: 0, high: 1, critical: 0 }, files: [{ file: 'a.test.ts', sha256: 'f'.repeat(64), is: 'weakened' }] } });
    const once = [baseline({ a: 'passed', b: 'passed' }), tests({ b: 'passed' }), weakened()];
    const twice = [...once, tests({ b: 'passed' }), weakened(), weakened()];
    expect(gate('tests', once)?.message).toMatch(/gone: a; .*test-deleted/);
    expect(gate('tests', twice)?.message).toBe(gate('tests', once)?.message);
  });

  test('does not believe a passed run with another exit code', () => {
    expect(verdictOf({ ...tests({ a: 'passed' }), exitCode: 1 })).toBe('inconclusive');
  });

  test('rejects tests that vanished, were newly skipped, or do not run any more', () => {
    const before = baseline({ a: 'passed', b: 'passed', c: 'skipped' });
    expect(verdictOf(before, tests({ a: 'passed', b: 'passed', c: 'skipped' }))).toBe('accepted');
    expect(gate('tests', [before, tests({ a: 'passed', c: 'skipped' })])).toMatchObject({ status: 'failed', message: '1 tests of the base are gone: b' });
    expect(gate('tests', [before, tests({ a: 'passed', b: 'skipped', c: 'skipped' })])).toMatchObject({ status: 'failed' });
    expect(gate('tests', [before, tests({ a: 'passed', b: 'passed', c: 'skipped', d: 'todo' })])).toMatchObject({ status: 'failed' });
    expect(verdictOf(before, tests({}))).toBe('rejected');
  });

  test('rejects a run that hangs where the base did not', () => {
    expect(verdictOf(baseline({ a: 'passed' }), tests({}, { status: 'timed-out' }))).toBe('rejected');
    expect(verdictOf(tests({}, { status: 'timed-out' }))).toBe('inconclusive');
  });

  test('ignores evidence of other trees', () => {
    expect(verdictOf({ ...tests({ a: 'failed' }), tree: 'older' }, tests({ a: 'passed' }))).toBe('accepted');
    expect(verdictOf(tests({ a: 'passed' }), { ...coverage(1), tree: 'newer' })).toBe('inconclusive');
  });

  test('holds changed lines against the threshold of the policy', () => {
    const strict = policy({ coverage: { changedLines: 0.8 } });
    expect(judge([tests({ a: 'passed' }), coverage(0.5)], strict).verdict).toBe('rejected');
    expect(gate('coverage', [coverage(0.5)], strict)?.message).toContain('a.ts:3');
    expect(judge([tests({ a: 'passed' }), coverage(0.8)], strict).verdict).toBe('accepted');
    expect(judge([tests({ a: 'passed' }), coverage(null)], strict).verdict).toBe('accepted');
    expect(judge([tests({ a: 'passed' }), coverage(0)], policies.default).verdict).toBe('accepted');
  });

  test('wants one new test that was red on the base, where the policy does', () => {
    const passed = tests({ a: 'passed' });
    expect(judge([passed, redFirst('green', 'assertion')], policies.delivery).verdict).toBe('accepted');
    expect(judge([passed, redFirst('missing')], policies.delivery).verdict).toBe('accepted');
    expect(judge([passed, redFirst('green', 'broken', 'unknown')], policies.delivery).verdict).toBe('inconclusive');
    expect(judge([passed], policies.delivery).verdict).toBe('inconclusive');
  });

  test('lets plugins lower a verdict only', () => {
    const passed = tests({ a: 'passed' });
    expect(verdictOf(passed, findings('acme', { medium: 1 }))).toBe('rejected');
    expect(verdictOf(passed, findings('acme', { low: 3 }))).toBe('accepted');
    expect(verdictOf(passed, evidence({ kind: 'findings', results: { status: 'inconclusive', validator: 'acme', reason: 'threw' } }))).toBe('inconclusive');
    expect(verdictOf(findings('tests', {}))).toBe('inconclusive');
    expect(judge([findings('secrets', {})], policies.default).gates.find((one) => one.gate === 'secrets')?.status).toBe('unavailable');
  });

  test('does not heal a failure by a second run', () => {
    expect(verdictOf(tests({ a: 'failed' }), tests({ a: 'passed' }))).toBe('rejected');
    expect(verdictOf(tests({}, { status: 'timed-out' }), tests({ a: 'passed' }))).toBe('accepted');
  });
});

describe('policy', () => {
  test('has the defaults of its documentation', () => {
    const { gates } = policies.default;
    expect(gateNames.filter((name) => gates[name] === 'required')).toEqual(['tests']);
    expect(gateNames.filter((name) => gates[name] === 'off')).toEqual(['mutation', 'seal', 'performance']);
    expect(policies.delivery.gates['red-first']).toBe('required');
  });

  test('names every place that is wrong', () => {
    const wrong = { gates: { tess: 'required' }, coverage: { changedLines: 8 }, colour: 1 } as never;
    expect(() => policy(wrong)).toThrow(TestingError);
    expect(() => policy(wrong)).toThrow(/changedLines[\s\S]*colour/);
  });
});

describe('for any evidence', () => {
  const status = fc.constantFrom('passed', 'failed', 'skipped', 'todo', 'errored', 'timed-out');
  const cases = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), status) as fc.Arbitrary<{ [id: string]: 'passed' }>;
  const piece: fc.Arbitrary<Evidence> = fc
    .oneof(
      fc.tuple(cases, fc.constantFrom({}, { status: 'inconclusive' }, { status: 'timed-out' })).map(([given, report]) => tests(given, report)),
      cases.map(baseline),
      fc.constantFrom(0, 0.5, 1, null).map(coverage),
      fc.array(fc.constantFrom('green', 'assertion', 'missing', 'broken')).map((given) => redFirst(...given)),
      fc.nat(2).map((high) => findings('secrets', { high }, 'secrets')),
      fc.record({ name: fc.constantFrom('acme', 'tests'), high: fc.nat(1) }).map(({ name, high }) => findings(name, { high })),
      fc.record({ kind: fc.constantFrom('tests', 'coverage', 'secrets', 'findings', 'red-first', 'baseline'), results: fc.jsonValue() }).map(evidence),
    )
    .chain((one) => fc.record({ startedAt: fc.nat(5), tree: fc.constantFrom(one.tree, 'head', 'other') }).map((more) => ({ ...one, ...more })));
  const all = fc.array(piece, { maxLength: 8 });
  const chosen = fc.dictionary(fc.constantFrom(...gateNames), fc.constantFrom<GateLevel>('required', 'optional', 'off')).map((gates) => policy({ gates: gates as { [name in GateName]?: GateLevel }, coverage: { changedLines: 0.6 } }));

  test('the order in which it was written does not matter, and nothing is changed', () => {
    fc.assert(fc.property(all, chosen, fc.infiniteStream(fc.nat()), (given, rules, random) => {
      const frozen = JSON.stringify(given);
      const shuffled = given.map((one) => ({ one, at: random.next().value ?? 0 })).sort((left, right) => left.at - right.at).map(({ one }) => one);
      expect(judge(shuffled, rules)).toEqual(judge(given, rules));
      expect(JSON.stringify(given)).toBe(frozen);
    }));
  });

  test('a failed gate always rejects, and only then', () => {
    fc.assert(fc.property(all, chosen, (given, rules) => {
      const { verdict, gates } = judge(given, rules);
      expect(verdict === 'rejected').toBe(gates.some((one) => one.status === 'failed'));
    }));
  });

  test('a required gate that did not pass is never accepted, and neither is a tree without a passed gate', () => {
    fc.assert(fc.property(all, chosen, (given, rules) => {
      const { verdict, gates } = judge(given, rules);
      const missing = gateNames.some((name) => rules.gates[name] === 'required' && gates.find((one) => one.gate === name)?.status !== 'passed');
      if (missing || !gates.some((one) => one.status === 'passed')) expect(verdict).not.toBe('accepted');
    }));
  });

  test("a plugin's findings never raise a verdict", () => {
    const rank = { rejected: 0, inconclusive: 1, accepted: 2 };
    fc.assert(fc.property(all, chosen, fc.nat(2), fc.constantFrom('acme', 'tests', 'secrets'), (given, rules, high, name) => {
      const without = judge(given, rules);
      const plugin = { ...findings(name, { high }), tree: without.tree ?? 'head', startedAt: 0 };
      expect(rank[judge([...given, plugin], rules).verdict]).toBeLessThanOrEqual(rank[without.verdict]);
    }));
  });
});
