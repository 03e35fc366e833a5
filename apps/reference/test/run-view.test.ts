import { describe, expect, it } from 'vitest';
import type { RunEvent } from '@fw/framework';
import { noUsage } from '@fw/models';
import type { CliContext } from '../src/cli-context.ts';
import { createRunView } from '../src/run-view.ts';
import { createTokenGauge } from '../src/token-gauge.ts';

const usage = { ...noUsage, inputTokens: 1000, outputTokens: 234, costNanoUsd: 1_200_000 };

type Body<Event> = Event extends RunEvent ? Omit<Event, 'v' | 'seq' | 'at' | 'run'> : never;
const bodies: readonly Body<RunEvent>[] = [
  { type: 'run.started', goal: 'Do \u001b[31mit', workspace: '/project', resumed: false, simulated: true, sandbox: 'bubblewrap 0.8' },
  { type: 'state.entered', state: 'planning', visit: 1, agents: ['architect'] },
  { type: 'model.called', state: 'planning', agent: 'architect', model: 'a/b', usage },
  { type: 'model.called', state: 'planning', agent: 'architect', model: 'a/b', usage },
  { type: 'state.left', state: 'planning', visit: 1, event: 'requirements-clear', to: 'analysis', outcome: 'done', durationMs: 1500 },
  { type: 'state.entered', state: 'testing', visit: 2, agents: ['test-runner'] },
  { type: 'evidence.recorded', id: 'e1', kind: 'tests', tree: 'abc', exitCode: 1, summary: '3 passed, 1 failed' },
  { type: 'revision.requested', from: 'testing', to: 'implementation', requests: [{ id: 'r1', what: 'sum of \u0007 parts fails', where: { file: 'test/a.js', line: 7 }, evidence: ['e1'] }] },
  { type: 'state.left', state: 'testing', visit: 2, event: 'tests-fail', to: 'implementation', outcome: 'revise', durationMs: 800 },
  { type: 'verdict.given', verdict: 'accepted', gates: [{ gate: 'tests', status: 'passed', message: '4 passed' }] },
  { type: 'run.finished', status: 'success', verdict: 'accepted', exitCode: 0, patch: '/p/change.patch', report: null, usage },
];
const events = bodies.map((body, index) => ({ v: 1, seq: index + 1, at: 1000 * index, run: 'r1', ...body }) as RunEvent);

function show(context: Partial<CliContext>, { isLive = false, isHeard = false, limit }: { readonly isLive?: boolean; readonly isHeard?: boolean; readonly limit?: number } = {}): string {
  let written = '';
  const view = createRunView({
    directory: '/', environment: {}, output: 'text', trust: false, quiet: false, ...context,
    terminal: { isLive, isHeard, columns: limit === undefined ? 80 : 200, print: (text) => { written += text; }, note: () => undefined, paint: (_style, text) => text },
  });
  if (limit !== undefined) view.limitTokensPerMinute(limit);
  for (const event of events) view.show(event);
  view.end();
  return written;
}

describe('createRunView', () => {
  it('writes each event as a line of JSON', () => {
    const lines = show({ output: 'ndjson' }).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(events);
  });

  it('writes the ending alone as JSON', () => {
    expect(JSON.parse(show({ output: 'json' }))).toEqual(events.at(-1));
  });

  it('writes one line a state, the reasons, the verdict and where things are', () => {
    const text = show({});
    expect(text).toMatch(/✓ planning +1\.5 s {2}architect +2 calls, 2,468 tokens, \$0\.0024 {2}requirements-clear\n/);
    expect(text).toMatch(/↩ testing \(2\) +0\.8 s {2}test-runner +tests-fail → implementation\n/);
    expect(text).toContain('measured tests: 3 passed, 1 failed\n');
    expect(text).toContain('sent back: sum of parts fails (test/a.js:7)');
    expect(text).toContain('verdict: accepted');
    expect(text).toContain('patch   /p/change.patch');
    expect(text).toContain('report  none');
    expect(text).toContain('simulated');
  });

  it('lets no escape sequence of others through', () => {
    expect(show({})).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  });

  it('rewrites the line of a state on a live terminal and keeps it within the width', () => {
    const text = show({}, { isLive: true });
    expect(text).toContain('\r\u001b[2K');
    const drawn = text.split('\r\u001b[2K').flatMap((part) => part.split('\n')).filter((line) => line.startsWith('  …'));
    expect(drawn.length).toBeGreaterThan(2);
    expect(drawn.every((line) => line.length < 80)).toBe(true);
  });

  it('shows the tokens of the last minute against the limit on a live terminal', () => {
    const at = Date.now();
    const [call] = bodies.filter(({ type }) => type === 'model.called');
    const gauge = createTokenGauge(() => 10_000);
    for (const seconds of [-70, -50, -1]) gauge.note({ v: 1, seq: 1, at: at + seconds * 1_000, run: 'r1', ...call } as Extract<RunEvent, { type: 'model.called' }>);
    expect([80, 30, 10, 5].map((room) => gauge.describe(at, room))).toEqual(['2.5K of 10K tokens a minute ▓▓░░░░░░', '2.5K of 10K tokens a minute', '▓▓░░░░░░', '']);
    expect(show({}, { isLive: true, limit: 100_000 })).toContain('of 100K tokens a minute');
    expect(show({}, { limit: 100_000 })).not.toContain('a minute');
  });

  it('says each state in a sentence to a screen reader', () => {
    expect(show({}, { isHeard: true })).toContain('\nplanning: done, requirements-clear, in 1.5 s, by architect, 2 calls, 2,468 tokens, $0.0024.\n');
    expect(show({}, { isHeard: true })).toContain('\ntesting, visit 2: sent back, tests-fail, in 0.8 s, by test-runner.\n');
    expect(show({}, { isHeard: true })).not.toMatch(/[✓✗↩…→]/);
  });

  it('says only the end when it shall be quiet', () => {
    expect(show({ quiet: true })).toMatch(/^success\n/);
  });
});
