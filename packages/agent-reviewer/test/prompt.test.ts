import { describe, expect, it } from 'vitest';
import { reviewerPrompt } from '../src/index.ts';
import { artifact, patch, task } from './stand-ins.ts';

const artifacts = ['requirements', 'analysis', 'design', 'change'].map((kind) => artifact(kind, { of: kind }));

describe('the prompt of the reviewer', () => {
  it('is the same text for the same input, for a design and for a change', async () => {
    const design = reviewerPrompt({ subject: 'design', task, artifacts, requests: [], tools: ['search', 'read_file'] });
    const change = reviewerPrompt({ subject: 'change', task, artifacts, requests: [], tools: ['read_file', 'diff'], diff: { text: patch, isCut: false } });
    await expect(`${design.system}\n\n---\n\n${design.prompt}\n`).toMatchFileSnapshot('snapshots/design.md');
    await expect(`${change.system}\n\n---\n\n${change.prompt}\n`).toMatchFileSnapshot('snapshots/change.md');
    expect(change.system.length).toBeLessThan(6000);
  });

  it('says when nothing was changed, and when the diff is longer than it shows', () => {
    const change = (text: string): string => reviewerPrompt({ subject: 'change', task, artifacts: [], requests: [], tools: [], diff: { text, isCut: false } }).prompt;
    expect(change('')).toContain('Nothing was changed.');
    expect(change('x'.repeat(100_000)).length).toBeLessThan(50_000);
    expect(change('x'.repeat(100_000))).toContain('This is not the whole diff.');
  });
});
