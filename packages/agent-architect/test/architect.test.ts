import { describe, expect, it } from 'vitest';
import type { Result, RevisionRequest } from '@fw/agents-core';
import { createTestContext, testAgent } from '@fw/agents-core/conformance';
import type { TestContext, TestContextOptions } from '@fw/agents-core/conformance';
import { analysisSchema, createArchitectAgent, designSchema, requirementsSchema } from '../src/index.ts';
import { calls, lazy, task, tools } from './stand-ins.ts';
import manifest from '../package.json' with { type: 'json' };

const requests: readonly RevisionRequest[] = [{ id: 'r1', what: 'Test x fails.', evidence: ['e1'] }, { id: 'r2', what: 'Too slow.', evidence: ['e2'] }];

async function play(state: string, options: TestContextOptions): Promise<{ result: Result; context: TestContext; content: unknown }> {
  const context = createTestContext({ state, task, tools, ...options });
  const result = await createArchitectAgent().process(context);
  return { result, context, content: result.artifacts[0]?.content };
}

for (const state of ['planning', 'analysis', 'design']) {
  testAgent(`architect in ${state}`, {
    create: () => createArchitectAgent(),
    context: ({ signal }) => createTestContext({ state, task, tools, requests, signal, answers: [calls('read_file', { path: 'a' }), lazy, lazy, lazy] }),
  });
}

describe('the architect', () => {
  it('has the version of its package', () => {
    expect(createArchitectAgent().version).toBe(manifest.version);
  });

  it.each([['planning', 'submit_requirements'], ['analysis', 'submit_analysis'], ['design', 'submit_design']])('is offered reading tools and one to hand in, in %s', async (state, submit) => {
    const { context } = await play(state, { answers: [lazy, lazy, lazy] });
    expect(context.seen.requests[0]?.tools?.map(({ name }) => name)).toEqual(['list_files', 'search', 'read_file', 'diff', submit]);
  });

  it.each([['planning', requirementsSchema], ['analysis', analysisSchema], ['design', designSchema]])('accepts the least that fits the schema, in %s', async (state, schema) => {
    const { result, content } = await play(state, { task: { specVersion: 1, id: 't', goal: 'Go.' }, answers: [lazy] });
    expect(result.status).toBe('done');
    expect(schema.parse(content)).toEqual(content);
  });

  it('asks twice for the criteria of the task and then adds them itself', async () => {
    const { context, content } = await play('planning', { answers: [lazy, lazy, lazy] });
    expect(JSON.stringify(context.seen.requests[1]?.messages.at(-1))).toContain('These criteria of the task are missing: own (add(1, 2) is 3)');
    expect(content).toEqual({ criteria: [{ id: 'own', text: 'add(1, 2) is 3', kind: 'new' }, { id: 'c1', text: 'x', kind: 'new' }], assumptions: [], constraints: ['no new dependency'] });
  });

  it('keeps the words of the task\'s criteria and gives the others ids of their own', async () => {
    const criteria = [{ text: 'first' }, { id: 'own', text: 'softened', kind: 'keep' }, { id: 'c1', text: 'given' }, { id: 'c1', text: 'repeated' }];
    const { content } = await play('planning', { answers: [calls('submit_requirements', { criteria, constraints: ['fast', 'no new dependency'] })] });
    expect(content).toMatchObject({
      criteria: [{ id: 'c2', text: 'first', kind: 'new' }, { id: 'own', text: 'add(1, 2) is 3', kind: 'keep' }, { id: 'c1', text: 'given' }, { id: 'c3', text: 'repeated' }],
      constraints: ['no new dependency', 'fast'],
    });
  });

  it('has to answer each request of a revision by its id', async () => {
    const answer = (request: string): object => ({ request, answer: `about ${request}` });
    const { context, content } = await play('analysis', {
      requests,
      answers: [calls('submit_analysis', { summary: 's', answers: [answer('r1')] as never }), calls('submit_analysis', { summary: 's', answers: [answer('r1'), answer('r2'), answer('r9')] as never })],
    });
    expect(JSON.stringify(context.seen.requests[1]?.messages.at(-1))).toContain('These requests are not answered: r2 (Too slow.)');
    expect(analysisSchema.parse(content)).toEqual(content);
    expect(content).toMatchObject({ answers: [{ request: 'r1', what: 'Test x fails.', evidence: ['e1'], answer: 'about r1' }, { request: 'r2', what: 'Too slow.', evidence: ['e2'], answer: 'about r2' }] });
  });

  it('says so when a request stays unanswered', async () => {
    const { content } = await play('analysis', { requests, answers: [lazy, lazy, lazy] });
    expect(content).toMatchObject({ answers: [{ request: 'r1', answer: 'Not answered by the analysis.' }, { request: 'r2', answer: 'Not answered by the analysis.' }] });
  });

  it('fails with the code of the loop when the model gets to no outcome', async () => {
    expect((await play('design', { answers: [{ text: 'hm' }, { text: 'hm' }, { text: 'hm' }] })).result).toMatchObject({ status: 'failed', code: 'FW_LOOP_STUCK', artifacts: [] });
    expect((await play('design', { answers: [{ finishReason: 'content-filter' }] })).result).toMatchObject({ status: 'failed', code: 'FW_MODEL_POLICY' });
  });

  it('has a duty in the states it is mapped to, and in no other', async () => {
    const agent = createArchitectAgent({ states: { blueprint: 'design' } });
    expect(await agent.process(createTestContext({ state: 'blueprint', answers: [lazy] }))).toMatchObject({ status: 'done', artifacts: [{ kind: 'design' }] });
    expect(await agent.process(createTestContext({ state: 'constructor' }))).toMatchObject({ status: 'failed', code: 'FW_ARCHITECT_STATE', message: expect.stringContaining('blueprint') });
  });
});
