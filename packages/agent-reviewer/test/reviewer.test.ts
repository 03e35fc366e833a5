import { describe, expect, it } from 'vitest';
import type { Result } from '@fw/agents-core';
import { createTestContext, minimalInstance, testAgent } from '@fw/agents-core/conformance';
import type { TestContext, TestContextOptions } from '@fw/agents-core/conformance';
import { createReviewerAgent, reviewSchema } from '../src/index.ts';
import type { Review } from '../src/index.ts';
import manifest from '../package.json' with { type: 'json' };
import { artifact, finding, patch, review, task, tools, toolsWith } from './stand-ins.ts';

async function play(state: string, answers: NonNullable<TestContextOptions['answers']>, options: TestContextOptions = {}): Promise<{ result: Result; context: TestContext; content: Review }> {
  const context = createTestContext({ state, task, tools, answers, artifacts: [artifact('design', { summary: 'a design' })], ...options });
  const result = await createReviewerAgent().process(context);
  const content = result.artifacts[0]?.content as unknown as Review;
  if (content !== undefined) expect(reviewSchema.parse(content)).toEqual(content);
  return { result, context, content };
}

for (const state of ['design', 'validation']) {
  testAgent(`reviewer in ${state}`, {
    create: () => createReviewerAgent(),
    context: ({ signal }) => createTestContext({ state, task, tools, signal, answers: [{ toolCalls: [{ name: 'read_file', arguments: {} }] }, review([finding(), finding({ severity: 'low' })])] }),
  });
}

describe('the reviewer', () => {
  it('has the version of its package', () => {
    expect(createReviewerAgent().version).toBe(manifest.version);
  });

  it('is offered reading tools only', async () => {
    const { context } = await play('validation', [review([])]);
    expect(context.seen.requests[0]?.tools?.map(({ name }) => name)).toEqual(['search', 'read_file', 'diff', 'submit_review']);
  });

  it.each(['design', 'validation'])('accepts the least that fits the schema, in %s', async (state) => {
    const { result, content } = await play(state, [(request) => ({ toolCalls: [{ name: 'submit_review', arguments: minimalInstance(request.tools?.at(-1)?.inputSchema ?? {}) }] })]);
    expect(result.status).toBe('done');
    expect(content).toMatchObject({ approved: true, findings: [], dropped: 0 });
  });

  it('has something to review in the states it is mapped to, and in no other', async () => {
    expect(await createReviewerAgent({ states: { audit: 'change' } }).process(createTestContext({ state: 'audit', tools, answers: [review([])] }))).toMatchObject({ status: 'done' });
    expect(await createReviewerAgent().process(createTestContext({ state: 'testing' }))).toMatchObject({ status: 'failed', code: 'FW_REVIEWER_STATE' });
  });

  it('fails with the code of the loop when the model gets to no outcome', async () => {
    expect((await play('design', [{ text: 'fine' }, { text: 'fine' }, { text: 'fine' }])).result).toMatchObject({ status: 'failed', code: 'FW_LOOP_STUCK' });
  });
});

describe('the review of a design', () => {
  it('lets an approved design pass, with findings that do not block', async () => {
    const { result, content } = await play('design', [review([finding({ severity: 'medium', file: '', line: 0 })])]);
    expect(result.status).toBe('done');
    expect(content).toMatchObject({ subject: 'design', approved: true, findings: [{ source: 'reviewer', severity: 'medium', isNew: true }] });
  });

  it('sends a design back that it does not approve, with a request for each finding', async () => {
    const { result } = await play('design', [review([finding({ severity: 'low', suggestion: 'Name it add.' }), finding({ severity: 'medium', file: '', message: 'No test for c1.' })], { approved: false })]);
    expect(result).toMatchObject({ status: 'revise', requests: [{ what: 'No test for c1.' }, { what: 'Runs its input as code. Suggestion: Name it add.', where: { file: 'src/add.js', line: 3 } }] });
    expect(result.status === 'revise' && result.requests[0]).not.toHaveProperty('where');
  });

  it('sends an approved design back for a finding that blocks, and for that one only', async () => {
    const { result, content } = await play('design', [review([finding({ severity: 'critical' }), finding({ severity: 'low' })])]);
    expect(result).toMatchObject({ status: 'revise', requests: [{ what: 'Runs its input as code.', evidence: [result.artifacts[0]?.id] }] });
    expect(result.status === 'revise' && result.requests).toHaveLength(1);
    expect(content.approved).toBe(false);
  });

  it('asks once for a reason when a design is not approved without one', async () => {
    const { result, context } = await play('design', [review([], { approved: false }), review([], { approved: false })]);
    expect(JSON.stringify(context.seen.requests[1]?.messages.at(-1))).toContain('no finding says why');
    expect(result).toMatchObject({ status: 'revise', requests: [{ what: expect.stringContaining('gives no reason') }] });
  });
});

describe('the review of a change', () => {
  it('shows the model the diff', async () => {
    const { context } = await play('validation', [review([])]);
    expect(context.seen.requests[0]?.messages[1]?.content).toContain(`# Change\n${patch}`);
  });

  it('sends the change back for a blocking finding whose quote was added', async () => {
    const { result } = await play('validation', [review([finding({ line: 99, quote: "  return   eval(left + '+' + right); " })])]);
    expect(result).toMatchObject({ status: 'revise', requests: [{ where: { file: 'src/add.js', line: 3 } }] });
  });

  it.each([
    ['a quote that is nowhere', { quote: 'return exec(left)' }],
    ['an empty quote', { quote: '  ' }],
    ['a line that was there before', { quote: '// adds' }],
    ['a line that was deleted', { quote: 'export const add = (a) => a;' }],
    ['another file', { file: 'src/other.js' }],
    ['a quote that fits anywhere, at another line', { quote: '}', line: 1 }],
  ])('drops a finding with %s', async (_, more) => {
    const { result, content } = await play('validation', [review([finding(more)])]);
    expect(result.status).toBe('done');
    expect(content).toMatchObject({ approved: true, findings: [], dropped: 1 });
  });

  it('cannot send a change back by its word alone', async () => {
    const { result, content } = await play('validation', [review([finding({ severity: 'medium' })], { approved: false })]);
    expect(result.status).toBe('done');
    expect(content).toMatchObject({ approved: false, findings: [{ severity: 'medium' }] });
  });

  it('keeps the worst ten', async () => {
    const { content } = await play('validation', [review([...Array.from({ length: 12 }, () => finding({ severity: 'low' })), finding({ severity: 'critical' })])]);
    expect(content.findings.map(({ severity }) => severity)).toEqual(['critical', ...Array.from({ length: 9 }, () => 'low')]);
    expect(content.dropped).toBe(3);
  });

  it('looks a place up in the diff of its file when the whole one was cut', async () => {
    const cut = toolsWith((path) => path === 'src/add.js' ? { ok: true, text: patch } : path === undefined ? { ok: true, text: 'diff --git', truncated: { shown: 10, total: 900, unit: 'characters' } } : { ok: false, code: 'not_found', text: '' });
    const { content, context } = await play('validation', [review([finding(), finding({ file: './src/add.js' }), finding({ file: 'none.js' })])], { tools: cut });
    expect(content).toMatchObject({ findings: [{ line: 3 }, { line: 3 }], dropped: 1 });
    expect(context.seen.toolCalls.map((call) => call.arguments)).toEqual([{}, { path: 'src/add.js' }, { path: 'none.js' }]);
    expect(context.seen.requests[0]?.messages[1]?.content).toContain('This is not the whole diff');
  });

  it('keeps no finding where no diff can be read, and says so to the model', async () => {
    for (const without of [[], toolsWith(() => ({ ok: false, code: 'failed', text: 'no' }))]) {
      const { result, context, content } = await play('validation', [review([finding()])], { tools: without });
      expect(context.seen.requests[0]?.messages[1]?.content).toContain('The diff is not available here.');
      expect(result.status).toBe('done');
      expect(content).toMatchObject({ findings: [], dropped: 1 });
    }
  });
});
