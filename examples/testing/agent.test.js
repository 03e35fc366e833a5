import { matchers, scriptedRun } from '@fw/testing/harness';
import { expect, test } from 'vitest';

expect.extend(matchers);

const greeter = {
  specVersion: 1,
  name: 'greeter',
  capabilities: ['greet'],
  async process(context) {
    const { toolCalls } = await context.model.generate({ messages: [{ role: 'user', content: context.task.goal }], tools: [...context.tools.list] });
    await context.tools.callAll(toolCalls);
    return { status: 'done', artifacts: [] };
  },
};

test('greets in a file', async () => {
  const run = await scriptedRun({
    agent: greeter,
    task: 'Greet the reader.',
    files: { 'README.md': '# Hello\n' },
    script: [{ toolCalls: [{ name: 'write_file', arguments: { path: 'GREETING.md', content: 'Good morning.\n' } }] }],
  });
  expect(run.result.status).toBe('done');
  expect(run.files['GREETING.md']).toBe('Good morning.\n');
  expect(run).toHaveCalledTool('write_file', { path: 'GREETING.md' });
  expect(run).toStayWithinBudget({ modelCalls: 1, toolCalls: 1 });
});
