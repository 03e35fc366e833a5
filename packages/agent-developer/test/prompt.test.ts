import { describe, expect, it } from 'vitest';
import { developerPrompt } from '../src/index.ts';
import { editFormats, editTool, writesWhole } from '../src/edit-tools.ts';
import { artifact, task } from './stand-ins.ts';

const all = ['list_files', 'search', 'read_file', 'symbols', 'edit_file', 'apply_patch', 'write_file', 'run', 'run_tests', 'diff', 'plan'];

function toolsOf(model: string | undefined): readonly string[] {
  const edit = editTool(model, all, []);
  return all.filter((tool) => !editFormats.includes(tool) || tool === edit);
}

const families = [['gpt', 'openai/gpt-5'], ['claude', 'anthropic/claude-sonnet-4'], ['gemini', 'google/gemini-2.5-pro'], ['small', 'local/qwen3-8b']] as const;

describe('the prompt of the developer', () => {
  it.each(families)('for %s is the same text for the same input, names the tools that there are, and each criterion', async (family, model) => {
    const tools = toolsOf(model);
    const { system, prompt } = developerPrompt({ task, artifacts: [], requests: [], tools, writesWhole: writesWhole(model) });
    await expect(`${system}\n\n---\n\n${prompt}\n`).toMatchFileSnapshot(`snapshots/${family}.md`);
    expect(system.length).toBeLessThanOrEqual(6_000);
    const named = [...`${system} ${prompt}`.matchAll(/\b[a-z]+_[a-z]+\b/g)].map(([word]) => word).filter((word) => word !== 'not_met');
    expect(named.filter((word) => !tools.includes(word))).toEqual([]);
    expect([...prompt.matchAll(/^- (\w+): /gm)].map(([, id]) => id)).toEqual(['c1', 'c2']);
  });

  it('of a revision shows the work so far, asks for answers, and ends with what is known of the project', async () => {
    const project = artifact('project', { environment: ['Tests: npm test.'], notes: [{ file: 'AGENTS.md', text: 'Write small functions.' }] });
    const { system, prompt } = developerPrompt({
      task,
      artifacts: [project, ...['requirements', 'analysis', 'design', 'change'].map((kind) => artifact(kind, { of: kind }))],
      requests: [{ id: 'r1', what: 'Test x fails.', where: { file: 'a.ts', line: 3 }, evidence: ['run/tests#1'] }],
      tools: all.filter((tool) => tool !== 'apply_patch'),
      tag: 'untrusted-1',
    });
    await expect(`${system}\n\n---\n\n${prompt}\n`).toMatchFileSnapshot('snapshots/revision.md');
    expect(system.length).toBeLessThanOrEqual(6_000);
    expect(prompt.indexOf('# Environment')).toBeGreaterThan(prompt.indexOf('(change,'));
    expect(prompt.indexOf('# Notes of the project')).toBeGreaterThan(prompt.indexOf('# Environment'));
  });

  it('names no tool that is not offered', () => {
    const { system } = developerPrompt({ task, artifacts: [], requests: [], tools: [] });
    expect(system).not.toMatch(/\b(?!not_met)[a-z]+_[a-z]+\b/);
    expect(developerPrompt({ task, artifacts: [], requests: [], tools: ['read_file', 'write_file', 'run'] }).system).toContain('the project\'s own test command');
  });
});
