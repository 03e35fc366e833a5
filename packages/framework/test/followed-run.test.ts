import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { createFramework } from '@fw/framework';
import type { Framework, RunListener } from '@fw/framework';
import { createTelemetry } from '../src/telemetry.ts';
import { configOf, developerOnlyTalks, developerWrites, makeProject } from './scripted-team.ts';
import { startSdk } from './telemetry/in-memory.ts';

/** One run for all that follows runs: begun in one framework inside a span of the caller, waiting for a person, ended in another framework. */
describe('a run that is followed', () => {
  const sdk = startSdk();
  let framework: Framework;
  let home: string;
  let callers: string;

  beforeAll(async () => {
    const project = await makeProject();
    ({ home } = project);
    const hostile: RunListener = { watch: () => ({ began: () => ({ within: () => { throw new Error('no'); }, ended: () => { throw new Error('no'); } }), called: () => { throw new Error('no'); }, ran: () => { throw new Error('no'); }, settled: () => { throw new Error('no'); }, closed: () => Promise.reject(new Error('no')) }) };
    const options = { config: configOf(developerWrites('n * 2'), { workflow: { approvals: ['design'] } }), home, sandbox: 'preferred' } as const;
    const first = createFramework({ ...options, listeners: [createTelemetry({ api: sdk.api }), hostile, { watch: () => Promise.reject(new Error('no')) }] });
    const span = sdk.api.trace.getTracer('caller').startSpan('request');
    callers = span.spanContext().spanId;
    await sdk.api.context.with(sdk.api.trace.setSpan(sdk.api.context.active(), span), () => first.execute('Add double(n).', { workspace: project.directory, id: 'r1' }));
    span.end();
    await first.close();
    framework = createFramework({ ...options, listeners: [createTelemetry({ api: sdk.api })] });
    await framework.answer('r1', { decision: 'approve', by: 'ada' });
    expect(await (await framework.resume('r1')).result()).toMatchObject({ status: 'success' });
  });
  afterAll(() => framework.close());

  const named = (name: string): readonly ReadableSpan[] => sdk.spans().filter((span) => span.name === name);

  it('is one span for each process that worked on it, the first inside of the caller, the second linked to it', () => {
    const [first, second] = named('invoke_workflow software-delivery');
    expect(first).toMatchObject({ parentSpanContext: { spanId: callers }, links: [], attributes: { 'fw.run.id': 'r1', 'fw.outcome': 'waiting' } });
    expect(second!.parentSpanContext).toBeUndefined();
    expect(second!.links.map(({ context }) => context.spanId)).toEqual([first!.spanContext().spanId]);
  });

  it('has each call once, however often the journal was gone through, inside of its agent', () => {
    const chats = named('chat team');
    expect(new Set(chats.map(({ attributes }) => attributes['fw.step.key'])).size).toBe(chats.length);
    const agents = new Map(sdk.spans().filter(({ name }) => name.startsWith('invoke_agent ')).map((span) => [span.spanContext().spanId, span]));
    for (const chat of chats) {
      const agent = agents.get(chat.parentSpanContext!.spanId)!;
      expect(agent.attributes).toMatchObject({ 'gen_ai.agent.name': chat.attributes['gen_ai.agent.name'], 'fw.state': chat.attributes['fw.state'] });
    }
    const inOrder = [...agents.values()].toSorted((left, right) => left.startTime[0] - right.startTime[0] || left.startTime[1] - right.startTime[1]);
    expect(inOrder.map(({ name, attributes }) => `${name.slice('invoke_agent '.length)} in ${String(attributes['fw.state'])}`)).toEqual([
      'initializer in initialize', 'architect in planning', 'architect in analysis', 'architect in design', 'reviewer in design',
      'developer in implementation', 'tester in testing', 'checker in validation', 'reviewer in validation', 'validator in validation', 'judge in validation',
    ]);
    expect(named('execute_tool write_file')).toHaveLength(2);
    expect(JSON.stringify(sdk.spans().map(({ attributes }) => attributes))).not.toContain('doubles');
  });

  it('has a log that tells each step once, over both processes', async () => {
    const lines = (await readFile(path.join(home, 'runs/r1/log.ndjson'), 'utf8')).trim().split('\n').map((line) => JSON.parse(line) as { readonly seq?: number; readonly msg: string; readonly reason?: string });
    const seqs = lines.flatMap(({ seq }) => seq ?? []);
    expect(seqs).toEqual((await framework.log('r1')).flatMap(({ kind, seq }) => (kind === 'begin' || kind === 'run' ? [] : [seq])));
    expect(lines.filter(({ msg }) => msg === 'run put down').map(({ reason }) => reason)).toEqual(['waiting', 'done']);
  });

  it('keeps what its processes and commands took, and sums it up over runs', async () => {
    const { resources } = await framework.show('r1');
    expect(resources.processes).toHaveLength(2);
    for (const turn of resources.processes) expect(turn).toMatchObject({ pid: process.pid, runsAtOnce: 1 });
    expect(Math.min(...resources.processes.flatMap(({ peakMemoryBytes, peakHeapBytes, peakHandles }) => [peakMemoryBytes, peakHeapBytes, peakHandles]))).toBeGreaterThan(0);
    const tests = resources.commands.filter(({ state }) => state === 'testing');
    expect(tests.length).toBeGreaterThan(0);
    for (const one of resources.commands) expect(one.peakMemoryBytes).toBeGreaterThan(0);
    const stats = await framework.stats();
    expect(stats.processes).toMatchObject({ turns: 2 });
    expect(stats.commands.reduce((sum, { count }) => sum + count, 0)).toBe(resources.commands.reduce((sum, { count }) => sum + count, 0));
    expect(stats.models).toMatchObject([{ model: 'scripted/team', failures: 0 }]);
    expect(stats.states.find(({ state }) => state === 'validation')).toMatchObject({ visits: 1, rework: 0, done: 1 });
    expect((await sdk.metrics()).get('fw.command.cpu_time')!.length).toBeGreaterThan(0);
  });

  it('has what was decided for it, which changed nothing, and replays to the same bytes', async () => {
    const { feedback } = await framework.show('r1');
    expect(feedback).toMatchObject({ mode: 'shadow', context: 'small tree, short task, scripted', past: 0, knobs: [], options: { 'agents.developer': 'default', 'workflow.reviewPasses': '3', 'workflow.testScope': 'all', 'budgets.run.tokens': 'none' } });
    expect(await framework.replay('r1')).toMatchObject({ complete: true });
  });
});

describe('feedback', () => {
  it('chooses for a run, which keeps that when it is begun again, replayed and forked; and off keeps nothing', async () => {
    const { directory, home } = await makeProject();
    const config = { ...configOf(developerOnlyTalks), models: { default: { use: 'scripted/team' }, small: { use: 'scripted/small' } }, budgets: { run: { tokens: 1_000_000 } } };
    const choices = { agents: { developer: ['small'] }, runTokens: [900_000] };
    const framework = createFramework({ config: { ...config, feedback: { mode: 'active', choices, maxLoss: 0.5 } }, home, sandbox: 'preferred' });
    const { createMetricsStore } = await import('../src/metrics-store.ts');
    const metrics = createMetricsStore(home);
    const workspace = directory;
    const context = 'small tree, short task, scripted';
    const past = (run: string, developer: string, success: boolean): void => { metrics.note({
      run, workspace, at: Date.now() - 1_000, status: success ? 'success' : 'failed', states: [], calls: [], commands: [], processes: [],
      outcome: { success, rework: 0, latencyMs: 1_000, costNanoUsd: 5, tokens: 5 },
      feedback: { context, options: { 'agents.developer': developer, 'budgets.run.tokens': '1000000' }, knobs: [] },
    }); };
    for (let count = 0; count < 20; count++) {
      past(`fixed-${count}`, 'default', count % 4 === 0);
      past(`other-${count}`, 'small', true);
    }
    const result = await framework.execute('Add double(n).', { workspace, id: 'r1' });
    const { feedback, usage } = await framework.show('r1');
    expect(feedback!.knobs).toMatchObject([
      { knob: 'agents.developer', fixed: 'default', chosen: 'small', applied: 'small', reason: 'best', numbers: [{ option: 'default', runs: 20 }, { option: 'small', runs: 20 }] },
      { knob: 'budgets.run.tokens', fixed: '1000000' },
    ]);
    expect((await framework.stats()).models.map(({ model }) => model)).toContain('scripted/small');
    expect(await (await framework.start('Add double(n).', { workspace, id: 'r1' })).result()).toMatchObject({ status: result.status, usage });
    expect(await framework.replay('r1')).toMatchObject({ complete: true });
    const fork = await framework.fork('r1', { at: 0, id: 'r2' });
    await fork.result();
    expect((await framework.show('r2')).feedback).toEqual(feedback);
    expect((await framework.stats()).feedback.find(({ knob }) => knob === 'agents.developer')).toMatchObject({ runs: 1, chosen: 1, changed: 1 });
    await framework.close();

    const off = createFramework({ config: { ...config, feedback: 'off' }, home, sandbox: 'preferred' });
    await off.execute('Add double(n).', { workspace, id: 'r3' });
    expect(metrics.read().find(({ run }) => run === 'r3')).not.toHaveProperty('feedback');
    expect((await off.show('r3')).feedback).toBeNull();
    await off.close();
  });
});
