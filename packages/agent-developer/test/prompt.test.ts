import { describe, expect, it } from 'vitest';
import { developerPrompt } from '../src/index.ts';
import { artifact, task } from './stand-ins.ts';

describe('the prompt of the developer', () => {
  it('is the same text for the same input, first and in a revision', async () => {
    const first = developerPrompt({ task, artifacts: [], requests: [], tools: ['read_file', 'edit_file', 'run', 'run_tests'] });
    const revision = developerPrompt({
      task,
      artifacts: ['requirements', 'analysis', 'design', 'change'].map((kind) => artifact(kind, { of: kind })),
      requests: [{ id: 'r1', what: 'Test x fails.', where: { file: 'a.ts', line: 3 }, evidence: ['run/tests#1'] }],
      tools: ['read_file', 'write_file', 'run'],
    });
    await expect(`${first.system}\n\n---\n\n${first.prompt}\n`).toMatchFileSnapshot('snapshots/first.md');
    await expect(`${revision.system}\n\n---\n\n${revision.prompt}\n`).toMatchFileSnapshot('snapshots/revision.md');
    expect(revision.system.length).toBeLessThan(6000);
  });

  it('names no tool that is not offered', () => {
    const { system } = developerPrompt({ task, artifacts: [], requests: [], tools: [] });
    expect(system).not.toMatch(/run_tests|edit_file/);
  });
});
