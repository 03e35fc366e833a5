import { describe, expect, it } from 'vitest';
import { changePrompt, designPrompt, passes } from '../src/index.ts';
import { artifact, patch, task } from './stand-ins.ts';

const tools = ['list_files', 'search', 'read_file', 'symbols', 'diff', 'reproduce'];
const view = { task, artifacts: ['requirements', 'analysis', 'design'].map((kind) => artifact(kind, { of: kind, api: ['add(left, right)'] })), requests: [], tag: 'untrusted-1' };

describe('the prompt of the reviewer', () => {
  it.each(passes.map((pass) => [pass.name, pass] as const))('of the pass %s is the same text for the same input', async (name, pass) => {
    const { system, prompt } = changePrompt({ ...view, tools, diff: { text: patch, cut: [] }, signatures: [{ file: 'src/add.js', text: '2\texport function add' }], pass });
    await expect(`${system}\n\n---\n\n${prompt}\n`).toMatchFileSnapshot(`snapshots/${name}.md`);
    expect(system.length).toBeLessThanOrEqual(6_000);
  });

  it('of a design is the same text for the same input', async () => {
    const { system, prompt } = designPrompt({ ...view, tools: tools.slice(0, 4) });
    await expect(`${system}\n\n---\n\n${prompt}\n`).toMatchFileSnapshot('snapshots/design.md');
    expect(system.length).toBeLessThanOrEqual(6_000);
  });

  it('names no tool that is not offered', () => {
    for (const { system } of [designPrompt({ ...view, tools: [] }), ...passes.map((pass) => changePrompt({ ...view, tools: [], signatures: [], pass }))]) {
      expect([...system.matchAll(/\b[a-z]+_[a-z]+\b|\breproduce\b/g)].map(([word]) => word).filter((word) => word !== 'submit_review')).toEqual([]);
    }
  });

  it('says that nothing was changed, or that the diff cannot be had', () => {
    const of = (diff: { readonly text: string; readonly cut: readonly string[] } | undefined): string => changePrompt({ ...view, tools, diff, signatures: [], pass: passes[0]! }).prompt;
    expect(of({ text: '', cut: [] })).toContain('Nothing was changed.');
    expect(of(undefined)).toContain('The diff is not available here.');
  });
});
