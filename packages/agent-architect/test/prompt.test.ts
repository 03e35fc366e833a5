import { describe, expect, it } from 'vitest';
import { architectPrompt } from '../src/index.ts';
import type { ArchitectDuty } from '../src/index.ts';
import { artifact, task } from './stand-ins.ts';

const requests = [{ id: 'r1', what: 'Test x fails.', where: { file: 'a.ts', line: 3 }, evidence: ['run/tests#1'] }];
const project = artifact('project', { environment: ['Runtime: node 24.', 'Tests: npm test.'], notes: [{ file: 'AGENTS.md', text: 'Write tests first.' }] });
const artifacts = [project, ...['requirements', 'analysis', 'design', 'review', 'change'].map((kind) => artifact(kind, { of: kind }))];
const duties: readonly ArchitectDuty[] = ['planning', 'analysis', 'design'];

describe('the prompt of the architect', () => {
  it.each(duties)('is the same text for the same input, in %s', async (duty) => {
    const first = architectPrompt({ duty, task, artifacts: [project], requests: [], tools: ['search', 'read_file', 'ask_person'], ...(duty !== 'design' && { map: 'src/add.js\n  1: export function add()' }) });
    const revision = architectPrompt({ duty, task, artifacts, requests, tools: [] });
    await expect(`${first.system}\n\n---\n\n${first.prompt}\n`).toMatchFileSnapshot(`snapshots/${duty}.md`);
    await expect(`${revision.system}\n\n---\n\n${revision.prompt}\n`).toMatchFileSnapshot(`snapshots/${duty}-revision.md`);
  });

  it.each(duties)('has at most 6,000 characters beside the task, in %s', (duty) => {
    const { system } = architectPrompt({ duty, task, artifacts: artifacts.slice(1), requests, tools: ['list_files', 'search', 'read_file', 'symbols', 'diff', 'ask_person'] });
    expect(system.length).toBeLessThanOrEqual(6_000);
  });

  it.each(duties)('names no tool that is not offered, in %s', (duty) => {
    const { system } = architectPrompt({ duty, task, artifacts, requests, tools: ['read_file'] });
    const named = [...system.matchAll(/\b[a-z]+_[a-z_]+\b/g)].map(([name]) => name);
    expect([...new Set(named)].sort()).toEqual([{ planning: 'submit_requirements', analysis: 'submit_analysis', design: 'submit_design' }[duty], 'read_file'].sort());
  });

  it.each(duties)('goes from role to notes of the project, in %s', (duty) => {
    const { system } = architectPrompt({ duty, task, artifacts, requests, tools: [] });
    expect([...system.matchAll(/^# (.*)$/gm)].map(([, title]) => title)).toEqual(['Method', 'Boundaries', 'Outcome', 'Environment', 'Notes of the project']);
  });
});
