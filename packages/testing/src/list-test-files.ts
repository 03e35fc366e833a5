import { join, posix } from 'node:path';
import type { TaskWorkspace } from '@fw/agents-core';
import type { PlannedCommand, RunnerPlan } from './detect-runner.ts';
import { createResultFolder } from './result-folder.ts';
import type { CommandRequest, ListedFile } from './runner-adapter.ts';

const timeoutMs = 120_000;

/** The files that a command's runner takes for tests, as it says itself; undefined where it cannot be asked. */
export async function listTestFiles(workspace: TaskWorkspace, plan: RunnerPlan, command: PlannedCommand, signal?: AbortSignal): Promise<readonly ListedFile[] | undefined> {
  const { list, parseList } = command.adapter;
  if (list === undefined || parseList === undefined) return undefined;
  const folder = await createResultFolder();
  try {
    const request: CommandRequest = { root: workspace.root, directory: join(workspace.root, plan.directory), folder, coverage: false, files: [], names: [], kind: 'unit' };
    const built = await list(command, request);
    const file = join(folder.path, 'list.json');
    const fill = (text: string): string => text.replaceAll('{list}', file);
    const env = Object.fromEntries(Object.entries(built.env).map(([name, value]) => [name, fill(value)]));
    const result = await workspace.run(built.command.map(fill), { cwd: plan.directory, env: { CI: 'true', NO_COLOR: '1', ...env }, writable: [folder.path], readable: [folder.tools, ...(built.readable ?? [])], timeoutMs, maxOutput: 10_000, ...(signal === undefined ? {} : { signal }) });
    signal?.throwIfAborted();
    const written = await folder.read('list.json');
    if (result.exitCode !== 0 || written.status !== 'read') return undefined;
    return parseList(written.text, workspace.root).map((one) => ({ ...one, file: posix.normalize(one.file) }));
  } finally {
    await folder.remove();
  }
}
