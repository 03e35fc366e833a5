import { describe, expect, it } from 'vitest';
import { architectPrompt } from '../src/index.ts';
import type { ArchitectDuty } from '../src/index.ts';
import { artifact, task } from './stand-ins.ts';

const requests = [{ id: 'r1', what: 'Test x fails.', where: { file: 'a.ts', line: 3 }, evidence: ['run/tests#1'] }];
const artifacts = ['requirements', 'analysis', 'design', 'review', 'change'].map((kind) => artifact(kind, { of: kind }));

describe('the prompt of the architect', () => {
  it.each<ArchitectDuty>(['planning', 'analysis', 'design'])('is the same text for the same input, in %s', async (duty) => {
    const first = architectPrompt({ duty, task, artifacts: [], requests: [], tools: ['search', 'read_file'] });
    const revision = architectPrompt({ duty, task, artifacts, requests, tools: [] });
    await expect(`${first.system}\n\n---\n\n${first.prompt}\n`).toMatchFileSnapshot(`snapshots/${duty}.md`);
    await expect(`${revision.system}\n\n---\n\n${revision.prompt}\n`).toMatchFileSnapshot(`snapshots/${duty}-revision.md`);
    expect(revision.system.length).toBeLessThan(6000);
  });
});
