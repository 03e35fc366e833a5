import { expect, test } from 'vitest';
import { readSpans } from '../../src/inspection/spans.ts';
import { placedEntries } from './placed-entries.ts';

const attempt = (startedAt: number): { readonly [key: string]: never } => ({ receipt: { attempts: [{ startedAt }] } }) as never;

test('a step lasts from where it begins to where it ends, a call of a model from its first attempt', () => {
  const spans = readSpans(placedEntries(
    ['s#1/enter#1', 10, { output: { state: 's', visit: 1, agents: ['a'] } }],
    ['s#1/a#1/tool.read#1', 20, { kind: 'begin', origin: 'tool' }],
    ['s#1/a#1/tool.read#1', 50, { origin: 'tool', output: { ok: false, text: '' } }],
    ['s#1/a#1/model#1', 90, { origin: 'model', output: attempt(60) }],
    ['s#1/leave#1', 95, { output: { from: 's', to: 't', outcome: 'done', event: 'e', requests: [], artifacts: [] } }],
  ));
  expect(spans).toMatchObject([
    { kind: 'state', label: 's', startedAt: 10, endedAt: 95, ok: true, critical: false },
    { kind: 'tool', label: 'read', startedAt: 20, endedAt: 50, ok: false, critical: true, agent: 'a' },
    { kind: 'model', startedAt: 60, endedAt: 90, ok: true, critical: true },
  ]);
});

test('of steps side by side the one that ends last is on the critical path, and what goes on has no end', () => {
  const spans = readSpans(placedEntries(
    ['s#1/a#1/tool.slow#1', 0, { kind: 'begin', origin: 'tool' }],
    ['s#1/a#1/tool.fast#1', 0, { kind: 'begin', origin: 'tool' }],
    ['s#1/a#1/tool.fast#1', 10, { origin: 'tool' }],
    ['s#1/a#1/tool.slow#1', 30, { origin: 'tool' }],
    ['s#1/wait:approve:s#1', 31, { kind: 'begin', origin: 'engine' }],
  ));
  expect(spans.map(({ label, critical, endedAt }) => [label, critical, endedAt])).toEqual([['fast', false, 10], ['slow', true, 30], ['approve:s', true, null]]);
});

test('a run of ten thousand steps is read in one go', () => {
  const entries = placedEntries(...Array.from({ length: 10_000 }, (_, index) => [`s#1/a#1/tool.t#${String(index)}`, index, { origin: 'tool' as const }] as const));
  expect(readSpans(entries)).toHaveLength(10_000);
});
