import { createRequire } from 'node:module';
import { beforeAll, describe, expect, test } from 'vitest';
import { matchers, scriptedRun } from '../src/harness.ts';
import type { Agent, RunMatchers } from '../src/harness.ts';

declare module 'vitest' {
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type, @typescript-eslint/no-unused-vars
  interface Matchers<R, T> extends RunMatchers<R> {}
}
beforeAll(() => void expect.extend(matchers as Parameters<typeof expect.extend>[0]));

/** Asks its model until it calls no tool any more. */
const looper: Agent = {
  specVersion: 1, name: 'looper', capabilities: ['loop'],
  async process(context) {
    const messages: Parameters<typeof context.model.generate>[0]['messages'][number][] = [{ role: 'user', content: context.task.goal }];
    for (;;) {
      const response = await context.model.generate({ messages, tools: [...context.tools.list] });
      messages.push(response.message);
      if (response.toolCalls.length === 0) return { status: 'done', artifacts: [] };
      const answers = await context.tools.callAll(response.toolCalls);
      messages.push({ role: 'tool', content: response.toolCalls.map((call, index) => ({ type: 'tool-result' as const, id: call.id, name: call.name, content: answers[index] ?? null })) });
      context.emit({ type: 'turn.ended', data: { calls: response.toolCalls.length } });
    }
  },
};
const script = [
  { toolCalls: [{ name: 'read_file', arguments: { path: 'a.txt' } }] },
  { toolCalls: [{ name: 'write_file', arguments: { path: 'b.txt', content: 'two\n' } }, { name: 'nothing' }] },
  { text: 'done' },
];

test('runs an agent on a real engine, with a scripted model and a real workspace', async () => {
  const run = await scriptedRun({ agent: looper, script, files: { 'a.txt': 'one\n' } });
  expect(run).toMatchObject({ status: 'success', result: { status: 'done' }, files: { 'a.txt': 'one\n', 'b.txt': 'two\n' }, usage: { costNanoUsd: 0 } });
  expect(run.patch).toContain('+two');
  expect(run.requests).toHaveLength(3);
  expect(run).toHaveCalledTool('read_file', { path: 'a.txt' });
  expect(run).toHaveCalledTool('write_file', { path: expect.stringMatching(/^b/) as string });
  expect(run).not.toHaveCalledTool('run');
  expect(run.toolCalls.at(-1)).toMatchObject({ name: 'nothing', answer: { ok: false, code: 'unknown_tool' } });
  expect(run).toFollowTrajectory(['read_file', { name: 'write_file', arguments: { content: 'two\n' } }]);
  expect(run).toFollowTrajectory(['write_file', 'read_file'], { match: 'subset' });
  expect(run).not.toFollowTrajectory(['write_file', 'read_file']);
  expect(run).not.toFollowTrajectory(['read_file', 'write_file'], { match: 'exact' });
  expect(run).toStayWithinBudget({ modelCalls: 3, toolCalls: 3, usd: 0, tokens: 100_000 });
  expect(run).not.toStayWithinBudget({ modelCalls: 2 });
  expect(run).toEmitEvents(['turn.ended', 'turn.ended']);
  expect(run).not.toEmitEvents(['turn.begun']);
});

test('is the same in every run: ids, times and journal', async () => {
  const drawing: Agent = { ...looper, process: (context) => context.step('draw', () => [context.now(), context.path]).then((drawn) => ({ status: 'failed', artifacts: [], code: 'X', message: JSON.stringify([drawn, context.id(), context.random()]) })) };
  const [first, second] = [await scriptedRun({ agent: drawing, script: [] }), await scriptedRun({ agent: drawing, script: [] })];
  expect(first).toEqual(second);
  expect((await scriptedRun({ agent: drawing, script: [], id: 'other' })).result).not.toEqual(first.result);
});

test('gives the agent what the run has made before, and answers what it waits for', async () => {
  const asking: Agent = {
    ...looper,
    async process(context) {
      const answer = await context.waitFor('colour');
      return { status: 'revise', artifacts: [], requests: [{ id: 'r', what: JSON.stringify([context.state, answer ?? null, context.artifacts.map((one) => one.kind), context.requests.map((one) => one.what)]), evidence: [] }] };
    },
  };
  const artifacts = [{ id: 'a', kind: 'design', title: 'Design', schema: 'design@1', content: {}, producer: { agent: 'given', version: '0.0.0', key: 'k' } }];
  const options = { agent: asking, script: [], state: 'implementation', artifacts, requests: [{ id: 'q', what: 'mend it', evidence: [] }] };
  const run = await scriptedRun({ ...options, signals: { colour: 'red' } });
  expect(run.result).toMatchObject({ status: 'revise', requests: [{ what: '["implementation","red",["design"],["mend it"]]' }] });
  expect(await scriptedRun(options)).toMatchObject({ status: 'waiting', result: { status: 'failed', message: expect.stringContaining('colour') as string } });
});

describe('a run that goes wrong', () => {
  test('tells a model that fails, retried as a provider would be', async () => {
    const limited = [{ when: { attempt: 1 }, then: { error: { failure: 'overloaded' as const, message: 'busy' } } }, { then: { text: 'late' } }];
    expect(await scriptedRun({ agent: looper, script: { version: 1, replies: limited } })).toMatchObject({ status: 'success' });
    const refused = await scriptedRun({ agent: looper, script: [{ error: { failure: 'policy', message: 'no' } }] });
    expect(refused).toMatchObject({ status: 'failed', result: { status: 'failed', code: expect.stringContaining('FW_MODEL') as string } });
  });

  test('ends when it is aborted', async () => {
    const stop = new AbortController();
    const endless: Agent = { ...looper, async process(context) {
      await context.step('wait', ({ signal }) => new Promise<never>((_, reject) => {
        signal.addEventListener('abort', () => { reject(new Error('stopped')); });
        stop.abort();
      }));
      return { status: 'done', artifacts: [] };
    } };
    expect(await scriptedRun({ agent: endless, script: [], signal: stop.signal })).toMatchObject({ status: 'cancelled', result: { status: 'failed' } });
  });

  test('gives a result that is none as a host would: the run failed', async () => {
    const run = await scriptedRun({ agent: { ...looper, process: async () => 7 as never }, script: [], files: Object.fromEntries([['__proto__', 'x']]) });
    expect(run).toMatchObject({ status: 'failed', result: { status: 'failed', artifacts: [], code: 'FW_AGENT_INVALID' } });
    expect(Object.entries(run.files)).toEqual([['__proto__', 'x']]);
  });

  test('refuses options that cannot be used before anything runs', async () => {
    await expect(scriptedRun({ agent: looper })).rejects.toMatchObject({ code: 'FW_TESTING_HARNESS' });
    await expect(scriptedRun({ agent: looper, script: [], files: { '../x': '' } })).rejects.toMatchObject({ code: 'FW_TESTING_HARNESS', message: expect.stringContaining('../x') as string });
    await expect(scriptedRun({ agent: { ...looper, capabilities: [] }, script: [] })).rejects.toMatchObject({ code: 'FW_TESTING_HARNESS' });
    for (const agent of [undefined, { name: 'x' }, { ...looper, specVersion: 2 }]) await expect(scriptedRun({ agent: agent as never, script: [] })).rejects.toMatchObject({ code: 'FW_TESTING_HARNESS' });
    await expect(scriptedRun({ agent: looper, script: [], files: { 'a/b': '', a: '' } })).rejects.toMatchObject({ code: 'FW_TESTING_HARNESS', message: expect.stringContaining('"a" cannot be made') as string });
    await expect(scriptedRun({ agent: looper, script: [{ tool: 'x' } as never] })).rejects.toMatchObject({ code: 'FW_MODEL_SCRIPT' });
  });
});

test('what it needs beside the main entry are optional peers', () => {
  const manifest = createRequire(import.meta.url)('../package.json') as { readonly peerDependenciesMeta: object };
  expect(Object.keys(manifest.peerDependenciesMeta)).toEqual(expect.arrayContaining(['@fw/models', '@fw/workflow', '@fw/workspace']));
});
