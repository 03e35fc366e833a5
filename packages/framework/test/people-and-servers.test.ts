import { cp, symlink } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { detectSandbox } from '@fw/workspace';
import { describe, expect, test } from 'vitest';
import { createFramework } from '@fw/framework';
import type { Config, RunEvent } from '@fw/framework';
import type { Json } from '@fw/agents-core';
import { configOf, developerWrites, makeProject } from './scripted-team.ts';

const modules = fileURLToPath(new URL('../../../node_modules', import.meta.url));
const exampleServer = fileURLToPath(new URL('../../../examples/mcp/server.js', import.meta.url));
const sandbox = await detectSandbox();

const reply = (when: Json, toolCalls: Json): Json => ({ when, then: { toolCalls } });

/** The developer's script with one call before it. */
const developerFirst = (name: string, input: Json): readonly Json[] => [
  reply({ tools: ['finish'], turn: 0 }, [{ name, arguments: input }]),
  ...developerWrites('n * 2').map((one) => {
    const { when, then } = one as { readonly when: { readonly turn?: number }; readonly then: Json };
    return { when: { ...when, ...(when.turn !== undefined && { turn: when.turn + 1 }) }, then };
  }),
];

async function until(framework: ReturnType<typeof createFramework>, directory: string): Promise<{ readonly events: readonly RunEvent[]; readonly result: Awaited<ReturnType<typeof framework.execute>> }> {
  const run = await framework.start('Add double(n).', { workspace: directory, id: 'r1' });
  const events: RunEvent[] = [];
  for await (const event of run.events()) events.push(event);
  return { events, result: await run.result() };
}

describe('a person', () => {
  test('is asked for a tool that the config names, approves exactly that call, and the run goes on in another process', async () => {
    const { directory, home } = await makeProject();
    const config = configOf(developerFirst('run', { command: 'touch made' }), { workflow: { approveTools: ['run'] } });
    const first = createFramework({ config, home, sandbox: 'preferred' });
    const { events, result } = await until(first, directory);
    expect(result).toMatchObject({ status: 'waiting', code: 'FW_RUN_WAITING' });
    expect(events).toContainEqual(expect.objectContaining({ type: 'approval.requested', gate: 'approve-tool', question: 'May run be called with {"command":"touch made"}?' }));
    await first.close();

    const second = createFramework({ config: {}, home, sandbox: 'preferred' });
    expect((await second.show('r1')).questions).toEqual([{ gate: 'approve-tool', text: 'May run be called with {"command":"touch made"}?', options: [] }]);
    await expect(second.answer('r1', { message: 'yes', by: 'ada' })).rejects.toMatchObject({ code: 'FW_RUN_NOT_WAITING', message: expect.stringContaining('It waits for: approve-tool') as string });
    await second.answer('r1', { gate: 'approve-tool', decision: 'approve', by: 'ada' });
    const resumed = await second.resume('r1');
    const told: RunEvent[] = [];
    for await (const event of resumed.events()) told.push(event);
    expect(told.filter(({ type }) => type === 'approval.requested')).toEqual([expect.objectContaining({ gate: 'approve-tool', question: 'A call of a tool had to be approved.' })]);
    expect(await resumed.result()).toMatchObject({ status: 'success' });
    expect((await second.log('r1')).filter(({ step, kind }) => step === 'tool.run' && kind === 'step')).toHaveLength(1);
    expect(await second.replay('r1')).toMatchObject({ complete: true });
    await second.close();
  });

  test('is never counted upon by a name that no tool has', async () => {
    const { directory, home } = await makeProject();
    const start = async (approveTools: readonly string[]): Promise<unknown> => {
      const framework = createFramework({ config: configOf(developerWrites('n * 2'), { workflow: { approveTools } }), home, sandbox: 'preferred' });
      try {
        return await framework.start('Add double(n).', { workspace: directory, id: 'r1' });
      } finally {
        await framework.close();
      }
    };
    await expect(start(['run', 'writefile'])).rejects.toMatchObject({ code: 'FW_CONFIG_INVALID', message: 'workflow.approveTools.1: no agent has a tool "writefile"; did you mean "write_file"?' });
    await expect(start(['files__read'])).rejects.toMatchObject({ code: 'FW_CONFIG_INVALID', message: expect.stringContaining('workflow.approveTools.0: no agent has a tool "files__read"') as string });
  });

  test('is told of each call in its own words, and of those that are settled that they were asked', async () => {
    const { directory, home } = await makeProject();
    const twice: readonly Json[] = [
      reply({ tools: ['finish'], turn: 0 }, [{ name: 'run', arguments: { command: 'touch one' } }, { name: 'run', arguments: { command: 'touch two' } }]),
      ...developerFirst('run', { command: 'touch one' }).slice(1),
    ];
    const framework = createFramework({ config: configOf(twice, { workflow: { approveTools: ['run'] } }), home, sandbox: 'preferred' });
    await until(framework, directory);
    await framework.answer('r1', { decision: 'approve', by: 'ada' });
    expect(await (await framework.resume('r1')).result()).toMatchObject({ status: 'waiting' });
    const asked: string[] = [];
    for await (const event of (await framework.watch('r1')).events()) if (event.type === 'approval.requested') asked.push(event.question);
    expect(asked).toEqual(['A call of a tool had to be approved.', 'May run be called with {"command":"touch two"}?']);
    await framework.answer('r1', { decision: 'approve', by: 'ada' });
    expect(await (await framework.resume('r1')).result()).toMatchObject({ status: 'success' });
    await framework.close();
  });

  test('who rejects a call leaves the model an answer and the files as they were', async () => {
    const { directory, home } = await makeProject();
    const config = configOf(developerFirst('run', { command: 'touch made' }), { workflow: { approveTools: ['run', 'deploy*'] } });
    const framework = createFramework({ config, home, sandbox: 'preferred' });
    expect((await until(framework, directory)).result.status).toBe('waiting');
    await framework.answer('r1', { decision: 'reject', message: 'Not in this project.', by: 'ada' });
    expect(await (await framework.resume('r1')).result()).toMatchObject({ status: 'success' });
    expect((await framework.log('r1')).filter(({ step }) => step === 'tool.run')).toEqual([]);
    await framework.close();
  });

  test('is asked a question where the config allows it, and the answer reaches the plan', async () => {
    const { directory, home } = await makeProject();
    const asking: readonly Json[] = [
      reply({ tools: ['submit_requirements'], turn: 0 }, [{ name: 'ask_person', arguments: { question: 'Should double take strings?', options: ['no', 'yes'] } }]),
      ...developerWrites('n * 2'),
    ];
    const withQuestions = configOf(asking, { workflow: { questions: true } });
    const script = withQuestions.providers!['scripted']!.script as { readonly replies: readonly Json[] };
    // The question comes before the replies that agree with everything.
    const config: Config = { ...withQuestions, providers: { scripted: { use: 'scripted', script: { version: 1, replies: [asking[0]!, ...script.replies] } } } };
    const framework = createFramework({ config, home, sandbox: 'preferred' });
    const { events, result } = await until(framework, directory);
    expect(result).toMatchObject({ status: 'waiting', code: 'FW_RUN_WAITING' });
    expect(events).toContainEqual(expect.objectContaining({ type: 'approval.requested', gate: 'question', question: 'Should double take strings?' }));
    expect((await framework.show('r1')).questions).toEqual([{ gate: 'question', text: 'Should double take strings?', options: ['no', 'yes'] }]);
    await expect(framework.answer('r1', { decision: 'approve', by: 'ada' })).rejects.toMatchObject({ code: 'FW_RUN_NOT_WAITING' });
    await expect(framework.answer('r1', { gate: 'question', decision: 'approve', by: 'ada' })).rejects.toMatchObject({ code: 'FW_ANSWER_INVALID' });
    await framework.answer('r1', { message: 'no', by: 'ada' });
    expect(await (await framework.resume('r1')).result()).toMatchObject({ status: 'success' });
    expect(await framework.replay('r1')).toMatchObject({ complete: true });
    await framework.close();
  });
});

describe('MCP servers of the config', { skip: !sandbox.available }, () => {
  async function projectWithServer(): Promise<{ readonly directory: string; readonly home: string }> {
    const project = await makeProject();
    await cp(exampleServer, path.join(project.directory, 'server.js'));
    await symlink(modules, path.join(project.directory, 'node_modules'));
    return project;
  }

  test('lend the developer their tools, in the sandbox; the journal says which, and replays without them', async () => {
    const { directory, home } = await projectWithServer();
    const config = configOf(developerFirst('counter__count', { text: 'three small words' }), { mcp: { counter: { command: ['node', 'server.js'], effects: { count: 'pure' } } } });
    const framework = createFramework({ config, home });
    const { events, result } = await until(framework, directory);
    expect(result).toMatchObject({ status: 'success' });
    expect(events).toContainEqual(expect.objectContaining({ type: 'tool.called', tool: 'counter__count', ok: true }));
    expect(await framework.replay('r1')).toMatchObject({ complete: true });
    await framework.close();
  });

  test('that have other tools than were approved stop the run before a model is asked', async () => {
    const { directory, home } = await projectWithServer();
    const config = configOf(developerWrites('n * 2'), { mcp: { counter: { command: ['node', 'server.js'], approved: 'f'.repeat(64) } } });
    const framework = createFramework({ config, home });
    const { events, result } = await until(framework, directory);
    expect(result).toMatchObject({ status: 'failed', code: 'FW_MCP_CHANGED' });
    expect(events.filter(({ type }) => type === 'model.called')).toEqual([]);
    await framework.close();
  });
});

test('a model\'s card in the config is used; two that disagree are refused', async () => {
  const { home } = await makeProject();
  const { providers } = configOf([]);
  const models = { default: { use: 'scripted/team', card: { contextTokens: 1_000 } } };
  const framework = createFramework({ config: { providers, models }, home });
  const request = { messages: [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'long '.repeat(10_000) }] }] };
  expect(JSON.stringify(framework.models.explain('default', request))).toContain('it holds 1000');
  await framework.close();
  const disagreeing = { ...models, other: { use: 'scripted/team', card: { contextTokens: 1 } } };
  expect(() => createFramework({ config: { providers, models: disagreeing }, home })).toThrow(expect.objectContaining({ code: 'FW_CONFIG_INVALID' }));
});
