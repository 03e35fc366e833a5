import { describe, expect, it } from 'vitest';
import { createTestContext, minimalInstance, testAgent } from '@fw/agents-core/conformance';
import { createReviewerAgent } from '../src/index.ts';
import { promptHash } from '../src/prompt-hash.ts';
import manifest from '../package.json' with { type: 'json' };
import { play } from './play.ts';
import { byPass, finding, review, task, tools } from './stand-ins.ts';

testAgent('reviewer in design', {
  create: () => createReviewerAgent(),
  context: ({ signal }) => createTestContext({ state: 'design', task, tools, signal, answers: [{ toolCalls: [{ name: 'read_file', arguments: {} }] }, review([finding(), finding({ severity: 'low' })])] }),
});

testAgent('reviewer in validation', {
  create: () => createReviewerAgent(),
  context: ({ signal }) => createTestContext({ state: 'validation', task, tools, signal, answers: byPass({ security: [{ toolCalls: [{ name: 'read_file', arguments: {} }] }, review([finding()])], contract: [review([finding({ severity: 'low' })])] }) }),
});

describe('the reviewer', () => {
  it('has the version of its package, and is bound to its prompts', () => {
    expect(createReviewerAgent().version).toBe(manifest.version);
    expect(createReviewerAgent().fingerprint).toBe(promptHash());
  });

  it('is offered reading tools, and of a change what reproduces', async () => {
    const offered = async (state: string): Promise<unknown> => (await play(state, state === 'design' ? [review([])] : byPass({}))).context.seen.requests[0]?.tools?.map(({ name }) => name);
    expect(await offered('design')).toEqual(['search', 'read_file', 'diff', 'submit_review']);
    expect(await offered('validation')).toEqual(['search', 'read_file', 'diff', 'reproduce', 'submit_review']);
  });

  it.each(['design', 'validation'])('accepts the least that fits the schema, in %s', async (state) => {
    const least = (request: { readonly tools?: readonly { readonly inputSchema: Parameters<typeof minimalInstance>[0] }[] }) => ({ toolCalls: [{ name: 'submit_review', arguments: minimalInstance(request.tools?.at(-1)?.inputSchema ?? {}) }] });
    const { result, content } = await play(state, [least, least, least]);
    expect(result.status).toBe('done');
    expect(content).toMatchObject({ approved: true, findings: [], dropped: { invented: 0, unconfirmed: 0, surplus: 0 } });
  });

  it('has something to review in the states it is mapped to, and in no other', async () => {
    expect(await createReviewerAgent({ states: { audit: 'change' } }).process(createTestContext({ state: 'audit', tools, answers: byPass({}) }))).toMatchObject({ status: 'done' });
    expect(await createReviewerAgent().process(createTestContext({ state: 'testing' }))).toMatchObject({ status: 'failed', code: 'FW_REVIEWER_STATE' });
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
  });

  it('sends a design back for a blocking finding, whatever it says of it', async () => {
    const { result, content } = await play('design', [review([finding({ file: '', line: 0 })], { approved: true })]);
    expect(result).toMatchObject({ status: 'revise', requests: [{ what: 'Runs its input as code.' }] });
    expect(content.approved).toBe(false);
  });

  it('keeps the worst ten', async () => {
    const { content } = await play('design', [review([...Array.from({ length: 12 }, () => finding({ severity: 'low' })), finding({ severity: 'medium' })])]);
    expect(content.findings.map(({ severity }) => severity)).toEqual(['medium', ...Array.from({ length: 9 }, () => 'low')]);
    expect(content.dropped.surplus).toBe(3);
  });

  it('asks once for a reason when a design is not approved without one', async () => {
    const { result, context } = await play('design', [review([], { approved: false }), review([], { approved: false })]);
    expect(JSON.stringify(context.seen.requests[1]?.messages.at(-1))).toContain('no finding says why');
    expect(result).toMatchObject({ status: 'revise', requests: [{ what: expect.stringContaining('gives no reason') }] });
  });

  it('fails with the code of the loop when the model gets to no outcome', async () => {
    expect((await play('design', [{ text: 'fine' }, { text: 'fine' }, { text: 'fine' }])).result).toMatchObject({ status: 'failed', code: 'FW_LOOP_STUCK' });
  });
});
