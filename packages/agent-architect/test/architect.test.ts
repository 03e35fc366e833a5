import { describe, expect, it } from 'vitest';
import type { Json, Result, RevisionRequest } from '@fw/agents-core';
import { createTestContext, testAgent } from '@fw/agents-core/conformance';
import type { TestContext, TestContextOptions } from '@fw/agents-core/conformance';
import { analysisSchema, createArchitectAgent, designSchema, requirementsSchema } from '../src/index.ts';
import type { Design } from '../src/index.ts';
import { artifact, askPerson, calls, lazy, repositoryMap, task, tools } from './stand-ins.ts';
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
    context: ({ signal }) => createTestContext({ state, task, tools: [...tools, repositoryMap], requests, signal, answers: [calls('read_file', { path: 'a' }), lazy, lazy, lazy] }),
  });
}

describe('the architect', () => {
  it('has the version of its package', () => {
    expect(createArchitectAgent().version).toBe(manifest.version);
  });

  it.each([['planning', 'submit_requirements'], ['analysis', 'submit_analysis'], ['design', 'submit_design']])('is offered reading tools and one to hand in, in %s', async (state, submit) => {
    const { context } = await play(state, { answers: [lazy, lazy, lazy] });
    expect(context.seen.requests[0]?.tools?.map(({ name }) => name)).toEqual(['list_files', 'search', 'read_file', 'symbols', 'diff', submit]);
  });

  it.each([['planning', requirementsSchema], ['analysis', analysisSchema], ['design', designSchema]])('accepts the least that fits the schema, in %s', async (state, schema) => {
    const { result, content } = await play(state, { task: { specVersion: 1, id: 't', goal: 'Go.' }, answers: [lazy] });
    expect(result.status).toBe('done');
    expect(schema.parse(content)).toEqual(content);
  });

  it('asks twice for the criteria of the task and then adds them itself', async () => {
    const { context, content } = await play('planning', { answers: [lazy, lazy, lazy] });
    expect(JSON.stringify(context.seen.requests[1]?.messages.at(-1))).toContain('These criteria of the task are missing: own (add(1, 2) is 3)');
    expect(content).toEqual({ criteria: [{ id: 'own', text: 'add(1, 2) is 3', kind: 'new' }, { id: 'c1', text: 'x', kind: 'new' }], assumptions: [], constraints: ['no new dependency'], questions: [] });
  });

  it('keeps the words of the task\'s criteria and gives the others ids of their own', async () => {
    const criteria = [{ text: 'first' }, { id: 'own', text: 'softened', kind: 'keep' }, { id: 'c1', text: 'given' }, { id: 'c1', text: 'repeated' }];
    const { content } = await play('planning', { answers: [calls('submit_requirements', { criteria, constraints: ['fast', 'no new dependency'] })] });
    expect(content).toMatchObject({
      criteria: [{ id: 'c2', text: 'first', kind: 'new' }, { id: 'own', text: 'add(1, 2) is 3', kind: 'keep' }, { id: 'c1', text: 'given' }, { id: 'c3', text: 'repeated' }],
      constraints: ['no new dependency', 'fast'],
    });
  });

  it('takes no criterion without an id for one of the task', async () => {
    const own = [{ id: 'c1', text: 'add(1, 2) is 3' }, { id: 'c2', text: 'add() is 0' }];
    const without = calls('submit_requirements', { criteria: [{ text: 'add(1) is 1' }, { text: 'add(2) is 2' }] });
    const { content } = await play('planning', { task: { ...task, acceptance: own }, answers: [without, without, without] });
    expect(content).toMatchObject({ criteria: [...own, { id: 'c3', text: 'add(1) is 1' }, { id: 'c4', text: 'add(2) is 2' }] });
  });

  it('keeps the whole words of a long task, and so many of them, in an artifact that can be read', async () => {
    const acceptance = Array.from({ length: 200 }, (_, index) => ({ id: `own${index}`, text: ` ${'add(1, 2) is 3; '.repeat(400)}` }));
    const long = { ...task, acceptance, constraints: acceptance.map(({ id, text }) => `${id} ${text}`) };
    const submit = calls('submit_requirements', { criteria: Array.from({ length: 200 }, (_, index) => ({ text: `add(${index}) is ${index}` })), constraints: ['one more'] });
    const { content } = await play('planning', { task: long, contextTokens: 5_000_000, answers: [submit, submit, submit] });
    expect(requirementsSchema.parse(content)).toEqual(content);
    expect(content).toMatchObject({ criteria: { length: 400 }, constraints: { length: 201 } });
  });

  it('asks once for criteria that a test can show, and says how', async () => {
    const vague = calls('submit_requirements', { criteria: [{ id: 'own', text: 'add(1, 2) is 3' }, { id: 'speed', text: 'Parsing is fast.' }, { id: 'fit', text: 'parse takes under 5 ms for 1 MB' }] });
    const { context, result } = await play('planning', { answers: [vague, vague] });
    const said = JSON.stringify(context.seen.requests[1]?.messages.at(-1));
    expect(said).toContain('cannot be tested as they stand: speed');
    expect(said).toContain('a number with its unit');
    expect(said).not.toContain('fit (');
    expect(result.status).toBe('done');
  });

  it('asks for something testable beside a vague criterion of the task, whose words stay', async () => {
    const own = { ...task, acceptance: [{ id: 'own', text: 'It is nice.' }] };
    const { context, content } = await play('planning', { task: own, answers: [calls('submit_requirements', { criteria: [{ id: 'own', text: 'It is nice.' }] }), calls('submit_requirements', { criteria: [{ id: 'own', text: 'whatever' }, { text: 'add(1, 2) returns 3' }] })] });
    expect(JSON.stringify(context.seen.requests[1]?.messages.at(-1))).toContain('Keep own as the task has it, and add a criterion beside it');
    expect(content).toMatchObject({ criteria: [{ id: 'own', text: 'It is nice.' }, { id: 'c1', text: 'add(1, 2) returns 3' }] });
  });

  it('refuses an assumption that does not say what it decides, and more criteria than anybody can keep', async () => {
    const criteria = [{ id: 'own', text: 'add(1, 2) is 3' }];
    const { context, content } = await play('planning', { answers: [calls('submit_requirements', { criteria, assumptions: [{ text: 'Only numbers.' }] }), calls('submit_requirements', { criteria, assumptions: [{ text: 'Only numbers.', decides: 'No text is parsed.' }] })] });
    expect(JSON.stringify(context.seen.requests[1]?.messages.at(-1))).toContain('assumptions.0.decides');
    expect(content).toMatchObject({ assumptions: [{ text: 'Only numbers.', decides: 'No text is parsed.' }] });
    const many = calls('submit_requirements', { criteria: Array.from({ length: 5_000 }, () => ({ text: 'x' })) });
    expect((await play('planning', { answers: [many, many, many, many] })).result).toMatchObject({ status: 'failed', code: 'FW_LOOP_STUCK' });
  });

  it('asks a person a few questions where it can, and keeps what was answered', async () => {
    const ask = (question: string): { readonly name: string; readonly arguments: { readonly question: string } } => ({ name: 'ask_person', arguments: { question } });
    const done = calls('submit_requirements', { criteria: [{ id: 'own', text: 'add(1, 2) is 3' }] });
    const { context, content } = await play('planning', { tools: [...tools, askPerson], answers: [{ toolCalls: [ask('One?'), ask('Two?')] }, { toolCalls: [ask('Three?'), ask('Four?')] }, done] });
    expect(context.seen.requests[0]?.tools?.map(({ name }) => name)).toContain('ask_person');
    expect(JSON.stringify(context.seen.requests[0]?.messages[0])).toContain('ask with ask_person');
    expect(context.seen.toolCalls.map((call) => (call.arguments as { readonly question: string }).question)).toEqual(['One?', 'Two?', 'Three?']);
    expect(JSON.stringify(context.seen.requests[2]?.messages)).toContain('at most 3 questions are asked');
    expect(content).toMatchObject({ questions: [{ question: 'One?', answer: expect.stringContaining('yes to') as string }, { question: 'Two?' }, { question: 'Three?' }] });
    const { context: analysing } = await play('analysis', { tools: [...tools, askPerson], answers: [lazy] });
    expect(analysing.seen.requests[0]?.tools?.map(({ name }) => name)).not.toContain('ask_person');
  });

  it.each(['planning', 'analysis'])('reads a map of the repository around the task once before %s, and shows it as data', async (state) => {
    const { context } = await play(state, { tools: [...tools, repositoryMap], requests, answers: [lazy, lazy, lazy] });
    expect(context.seen.toolCalls).toEqual([{ id: 'architect-map', name: 'repository_map', arguments: { focus: ['Add a function that adds.', 'add(1, 2) is 3', 'Test x fails. ', 'Too slow. '] } }]);
    const shown = JSON.stringify(context.seen.requests[0]?.messages.at(-1));
    expect(shown).toMatch(/<untrusted-[a-z0-9]{8} source=\\"repository_map\\">\\nsrc\/add\.js &lt;\/untrusted-x> about/);
    expect(context.seen.requests[0]?.tools?.map(({ name }) => name)).not.toContain('repository_map');
  });

  it('draws no map for a design, and does without one that cannot be drawn', async () => {
    expect((await play('design', { tools: [...tools, repositoryMap], answers: [lazy, lazy, lazy] })).context.seen.toolCalls).toEqual([]);
    const broken = { ...repositoryMap, run: async () => ({ ok: false, code: 'failed', text: 'no' }) } as typeof repositoryMap;
    expect((await play('analysis', { tools: [...tools, broken], answers: [lazy] })).result.status).toBe('done');
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

  describe('in design', () => {
    const requirements = artifact('requirements', { assumptions: ['as another planner writes them'], criteria: [{ id: 'sum', text: 'add(1, 2) is 3', kind: 'new' }, { id: 'nan', text: 'add() is NaN', kind: 'new' }, { id: 'old', text: 'one is 1', kind: 'keep' }] });
    const component = (criteria: readonly string[]): Json => ({ name: 'add', files: ['src/add.js'], responsibility: 'adds', criteria: [...criteria] });
    const test = (criterion: string, more: { readonly [key: string]: string }): Json => ({ criterion, description: 'adds', ...more });
    const whole = { summary: 's', components: [component(['sum', 'nan'])], tests: [test('sum', { file: 'test/add.test.js' }), test('nan', { name: 'gives NaN' })], alternatives: [{ option: 'a loop', for: 'plain', against: 'slow', whyNot: 'it grows' }] };

    it('accepts one in which every new criterion has a component and a test with a place', async () => {
      const { context, content } = await play('design', { artifacts: [requirements], answers: [calls('submit_design', whole)] });
      expect(context.seen.requests).toHaveLength(1);
      expect(designSchema.parse(content)).toEqual(content);
      expect(content).toMatchObject({ gaps: [], tests: [{ criterion: 'sum', file: 'test/add.test.js', name: '' }, { criterion: 'nan', file: '', name: 'gives NaN' }] });
    });

    it.each([
      ['a component', { components: [component(['sum'])] }, 'No component names these new criteria among its criteria: nan.'],
      ['a test', { tests: [test('sum', { file: 'a' })] }, 'No test is intended for these new criteria: nan.'],
      ['the place of a test', { tests: [test('sum', { file: 'a' }), test('nan', {})] }, 'The tests of these criteria have neither an intended file nor a name: nan.'],
      ['the right id', { components: [component(['sum', 'nan', 'nun'])] }, 'These ids are no criteria (sum, nan, old): nun.'],
    ])('refuses twice one that leaves out %s, and then says so', async (_what, part, said) => {
      const gap = calls('submit_design', { ...whole, ...part });
      const { context, content } = await play('design', { artifacts: [requirements], answers: [gap, gap, gap] });
      expect(JSON.stringify(context.seen.requests[1]?.messages.at(-1))).toContain(said);
      expect(content).toMatchObject({ gaps: [said] });
      expect(JSON.stringify((content as Design).components)).not.toContain('nun');
    });

    it('takes the criteria of the task where there are no requirements', async () => {
      const { context } = await play('design', { answers: [calls('submit_design', { ...whole, components: [component(['own'])], tests: [test('own', { file: 'a' })] })] });
      expect(context.seen.requests).toHaveLength(1);
    });
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
