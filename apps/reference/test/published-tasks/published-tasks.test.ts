import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { installPublished } from '../published-fixture.ts';
import { useTemporaryFolder } from '../temporary-folder.ts';
import { makeProject, runTask, testPackage, wires } from './run-task.ts';
import type { PublishedTask } from './play-task.ts';
import { publishedTasks } from './tasks.ts';

const folder = useTemporaryFolder();
beforeAll(() => installPublished(), 300_000);

// One task on every wire, each other task on one; `npm run proof -- published-tasks` does all of them on every wire.
const played = publishedTasks.flatMap((task, index) => (index === 0 ? wires : [wires[index]!]).map((wire) => ({ task, wire, name: task.name, kind: task.kind })));

describe('fw run on a package of other people', () => {
  it.each(played)('does a whole task on $name, a $kind, over $wire: an accepted patch, and a journal that replays', async ({ task, wire }) => {
    const outcome = await runTask(task, wire, folder());
    expect(outcome).toMatchObject({ exitCode: 0, stderr: '', status: 'success', verdict: 'accepted', isUntouched: true, ownTests: 'passed', replay: 0 });
    if (task.kind !== 'performance') return;
    expect(outcome.performance?.status).toBe('passed');
    expect(outcome.ratio).toBeLessThan(0.7);
  }, 300_000);

  it('sends a change back that breaks tests of a runner which does not say where they stand', async () => {
    const [feature] = publishedTasks;
    const breaking: PublishedTask = { ...feature!, steps: [{ type: 'edit', file: 'index.js', edits: [{ old: 'units.second = 1000;', new: 'units.second = 1;' }] }, { type: 'test' }] };
    const outcome = await runTask(breaking, 'openai-chat', folder());
    expect(outcome).toMatchObject({ exitCode: 1, status: 'failed', verdict: 'rejected', ownTests: 'no-patch', isUntouched: true, replay: 0 });
    expect(outcome.message).toMatch(/came from "testing" back to "implementation".*Understands numbers failed/s);
  }, 300_000);

  it('begins with tests that pass, but for the one that shows the bug', async () => {
    for (const task of publishedTasks) {
      const project = path.join(folder(), task.name);
      await makeProject(task, project);
      expect([task.name, await testPackage(task, project)]).toEqual([task.name, task.kind === 'bug' ? 'failed' : 'passed']);
    }
  }, 300_000);
});
