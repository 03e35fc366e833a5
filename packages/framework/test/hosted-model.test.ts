import { startFaultServer } from '@fw/models/fault-server';
import type { FaultAnswer } from '@fw/models/fault-server';
import { expect, test } from 'vitest';
import { createFramework } from '@fw/framework';
import { makeProject } from './scripted-team.ts';

const broken: readonly (readonly [name: string, answer: FaultAnswer, code: string])[] = [
  ['is cut in the middle of a text', { text: ['The plan is ', 'this: '], cutAt: 400 }, 'FW_MODEL_PARTIAL'],
  ['is cut before its first word', { text: 'never said', cutAt: 0 }, 'FW_MODEL_TRUNCATED'],
  ['ends without a finish', { toolCalls: [{ name: 'submit_requirements' }], finish: 'none' }, 'FW_MODEL_TRUNCATED'],
  ['is a web page', { raw: { contentType: 'text/html', body: '<!doctype html><p>Log in</p>' } }, 'FW_MODEL_PROTOCOL'],
];

test.each(broken)('an answer that %s is the fault of the service: the run pauses, and goes on when it is mended', async (_, answer, code) => {
  const { directory, home } = await makeProject();
  let isMended = false;
  const server = await startFaultServer({ wire: 'openai-chat', answers: () => (isMended ? { text: 'I have no plan.' } : answer) });
  const framework = createFramework({ home, sandbox: 'preferred', config: { providers: { service: { use: 'openai', baseURL: server.baseURL } }, models: { default: { use: 'service/any' } } } });
  try {
    expect(await framework.execute('Add double(n).', { workspace: directory, id: 'r1' })).toMatchObject({ status: 'waiting', code });
    isMended = true;
    expect(await (await framework.resume('r1')).result()).toMatchObject({ status: 'failed', code: 'FW_LOOP_STUCK' });
  } finally {
    await framework.close();
    await server.close();
  }
});

test('a run says what it used, also of calls that failed in the end', async () => {
  const { directory, home } = await makeProject();
  let requests = 0;
  const server = await startFaultServer({ wire: 'openai-chat', answers: () => { requests += 1; return { toolCalls: [{ name: 'submit_requirements', arguments: '{"criteria": [' }], usage: { inputTokens: 100, outputTokens: 10 } }; } });
  const framework = createFramework({ home, sandbox: 'preferred', config: { providers: { service: { use: 'openai', baseURL: server.baseURL } }, models: { default: { use: 'service/any' } } } });
  try {
    const result = await framework.execute('Add double(n).', { workspace: directory, id: 'r1' });
    expect(result).toMatchObject({ status: 'failed', usage: { inputTokens: 100 * requests, outputTokens: 10 * requests } });
    const run = await framework.inspect('r1');
    expect(run.receipts).toHaveLength(requests);
    expect(await framework.replay('r1')).toMatchObject({ complete: true });
  } finally {
    await framework.close();
    await server.close();
  }
});
