import { describe, expect, it } from 'vitest';
import type { Result } from '@fw/agents-core';
import { createTestContext, minimalInstance, testAgent } from '@fw/agents-core/conformance';
import type { TestContext, TestContextOptions } from '@fw/agents-core/conformance';
import { changeSchema, createDeveloperAgent } from '../src/index.ts';
import { promptHash } from '../src/prompt-hash.ts';
import manifest from '../package.json' with { type: 'json' };
import { artifact, calls, finish, met, runTests, task, tools } from './stand-ins.ts';

async function play(answers: NonNullable<TestContextOptions['answers']>, options: TestContextOptions = {}): Promise<{ result: Result; context: TestContext; content: unknown; said: (request: number) => string }> {
  const context = createTestContext({ task, tools, answers, ...options });
  const result = await createDeveloperAgent().process(context);
  return { result, context, content: result.artifacts[0]?.content, said: (request) => JSON.stringify(context.seen.requests[request]?.messages.at(-1)) };
}

testAgent('developer', {
  create: () => createDeveloperAgent(),
  context: ({ signal }) => createTestContext({ task, tools, signal, answers: [calls('read_file'), calls('edit_file'), calls('run_tests'), finish([met('c1', 'run-1'), met('c2')])] }),
});

describe('the developer', () => {
  it('has the version of its package, and is bound to its prompts', () => {
    expect(createDeveloperAgent().version).toBe(manifest.version);
    expect(createDeveloperAgent().fingerprint).toBe(promptHash());
  });

  it('is offered its own tools, those that plugins and servers bring, and finish, with the known criteria', async () => {
    const { context } = await play([finish([met('c1'), met('c2')])]);
    expect(context.seen.requests[0]?.tools?.map(({ name }) => name)).toEqual(['read_file', 'edit_file', 'run', 'run_tests', 'plan', 'deploy', 'finish']);
    expect(JSON.stringify(context.seen.requests[0]?.tools?.at(-1)?.inputSchema)).toContain('"enum":["c1","c2"]');
  });

  it('hands over what it did, with the runs that were made', async () => {
    const { result, content } = await play([calls('edit_file'), calls('run_tests'), finish([met('c1', 'run-1', 'add.test.js > zero'), { id: 'c2', status: 'not_met' }])]);
    expect(result).toMatchObject({ status: 'done', artifacts: [{ kind: 'change', schema: 'change@1' }] });
    expect(content).toEqual({
      summary: 'Added it.',
      criteria: [{ id: 'c1', status: 'met', evidence: ['run-1', 'add.test.js > zero'] }, { id: 'c2', status: 'not_met', evidence: [] }],
      answers: [],
      testRuns: [{ run: 'run-1', ok: true, summary: '1 failed, 1 passed' }],
      addedTests: [],
      touchedTests: [],
    });
    expect(changeSchema.parse(content)).toEqual(content);
  });

  it('works against the criteria of the requirements', async () => {
    const { content } = await play([finish([met('x')])], { artifacts: [artifact('requirements', { criteria: [{ id: 'x', text: 'y' }] })] });
    expect(content).toMatchObject({ criteria: [{ id: 'x', status: 'met' }] });
  });

  it('answers each open request by its id, and is asked once for those it left out', async () => {
    const requests = [{ id: 'q1', what: 'Mend x.', evidence: [] }, { id: 'q2', what: 'Mend y.', evidence: [] }];
    const both = [met('c1'), met('c2')];
    const answers = [{ request: 'q1', answer: 'Mended.' }];
    const { said, content, result } = await play([finish(both, { answers: [{ request: 'q7', answer: 'What?' }] }), finish(both, { answers }), finish(both, { answers })], { requests });
    expect(said(1)).toContain('There is no open request \\"q7\\". Open requests: q1, q2.');
    expect(said(2)).toContain('These open requests have no answer: q2.');
    expect(result.status).toBe('done');
    expect(content).toMatchObject({ answers });
  });

  it('may not name a criterion that does not exist', async () => {
    const { said, result } = await play([finish([met('c9')]), finish([met('c1'), met('c2')])]);
    expect(said(1)).toContain('There is no criterion \\"c9\\". Criteria: c1, c2.');
    expect(result.status).toBe('done');
  });

  it('is asked once for the criteria it left out; then they are not met', async () => {
    const { said, content } = await play([finish([met('c1')]), finish([met('c1')])]);
    expect(said(1)).toContain('These criteria have no report: c2.');
    expect(content).toMatchObject({ criteria: [{ id: 'c1', status: 'met' }, { id: 'c2', status: 'not_met' }] });
  });

  it('takes the worst of two reports on one criterion', async () => {
    const { content } = await play([finish([met('c1'), { id: 'c1', status: 'blocked' }, met('c2')])]);
    expect(content).toMatchObject({ criteria: [{ id: 'c1', status: 'blocked' }, { id: 'c2', status: 'met' }] });
  });

  it('is sent back once when files changed after the last run of the tests', async () => {
    const both = finish([met('c1'), met('c2')]);
    expect((await play([calls('run_tests'), calls('edit_file'), both, both])).said(3)).toContain('Files were changed after the last run of the tests');
    const { context, result } = await play([calls('edit_file'), calls('run_tests'), calls('run'), both]);
    expect(context.seen.requests).toHaveLength(4);
    expect(result.status).toBe('done');
  });

  it('is sent back once when only a part of the tests ran since the last edit', async () => {
    const part = tools.map((tool) => (tool.name === 'run_tests' ? runTests([{ whole: false }]) : tool));
    const both = finish([met('c1'), met('c2')]);
    const { said, context } = await play([calls('edit_file'), calls('run_tests'), both, both], { tools: part });
    expect(said(3)).toContain('Only a part of the tests has run since files were changed: call run_tests with scope all.');
    expect(context.seen.requests).toHaveLength(4);
  });

  it('ends blocked without being asked for anything else', async () => {
    const { result, context } = await play([calls('edit_file'), finish([{ id: 'c1', status: 'blocked' }], { blocked: { reason: 'The test says otherwise.', conflict: 'add.test.js > adds' } })]);
    expect(context.seen.requests).toHaveLength(2);
    expect(result).toMatchObject({ status: 'failed', code: 'FW_DEVELOPER_BLOCKED' });
  });

  it('is not asked to run tests where no tool does', async () => {
    const { result, context } = await play([calls('edit_file'), finish([met('c1'), met('c2')])], { tools: tools.filter(({ name }) => name !== 'run_tests') });
    expect(result.status).toBe('done');
    expect(context.seen.requests).toHaveLength(2);
  });

  it('loses evidence that no run has shown, after it was told so', async () => {
    const claims = finish([met('c1', 'run-1', 'run-7', 'add.test.js > adds', 'adds'), met('c2')]);
    const { said, content } = await play([calls('run_tests'), claims, claims]);
    expect(said(2)).toContain('No result of run_tests has this evidence: run-7, adds.');
    expect(content).toMatchObject({ criteria: [{ evidence: ['run-1', 'add.test.js > adds'] }, {}] });
  });

  it('is not blocked by a report that says so and that every criterion is met: that is asked about once', async () => {
    const both = finish([met('c1'), met('c2')], { blocked: { reason: 'text', conflict: 'text' } });
    const { result, context } = await play([both, both]);
    expect(result).toMatchObject({ status: 'done' });
    expect(JSON.stringify(context.seen.requests[1])).toContain('leave blocked out');
  });

  it('fails with its reason when it is blocked, and keeps its report', async () => {
    const { result } = await play([finish([{ id: 'c1', status: 'blocked' }], { blocked: { reason: 'c1 and c2 exclude each other.', conflict: 'c1, c2' } })]);
    expect(result).toMatchObject({ status: 'failed', code: 'FW_DEVELOPER_BLOCKED', message: 'The developer is blocked: c1 and c2 exclude each other. Conflict: c1, c2', artifacts: [{ kind: 'change' }] });
  });

  it('fails when no criterion is met', async () => {
    const { result } = await play([finish([{ id: 'c1', status: 'not_met' }, { id: 'c2', status: 'blocked' }])]);
    expect(result).toMatchObject({ status: 'failed', code: 'FW_DEVELOPER_BLOCKED', message: expect.stringContaining('c1: not_met, c2: blocked') });
  });

  it('is done without criteria when there are none', async () => {
    expect((await play([calls('finish', { summary: 'Did it.' })], { task: { specVersion: 1, id: 't', goal: 'Go.' } })).result.status).toBe('done');
  });

  it('is not held up by a model that always hands in the least that fits', async () => {
    const lazy = (request: { readonly tools?: readonly { readonly inputSchema: Parameters<typeof minimalInstance>[0] }[] }) => calls('finish', minimalInstance(request.tools?.at(-1)?.inputSchema ?? {}));
    expect((await play([lazy, lazy])).result.status).toBe('done');
  });

  it.each([
    ['FW_LOOP_STUCK', [{ text: 'Here is a patch.' }, { text: 'Here it is again.' }, { text: 'diff --git' }]],
    ['FW_LOOP_TURNS', Array.from({ length: 80 }, (_, index) => calls('read_file', { path: `${index}` }))],
    ['FW_MODEL_POLICY', [{ finishReason: 'content-filter' as const }]],
  ])('fails with %s when the loop ends so', async (code, answers) => {
    expect((await play(answers)).result).toMatchObject({ status: 'failed', code, artifacts: [] });
  });
});
