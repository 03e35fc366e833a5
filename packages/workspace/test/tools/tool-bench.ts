import { join } from 'node:path';
import type { Json, StepContext, TaskWorkspace, ToolOutput } from '@fw/agents-core';
import { onTestFinished } from 'vitest';
import { createWorkspace } from '../../src/index.ts';
import type { SandboxChoice } from '../../src/index.ts';
import { folderOutputs, workspaceTools } from '../../src/tools.ts';
import type { OutputStore } from '../../src/tools.ts';
import { temporaryFolder, writeFiles } from '../temporary-folder.ts';

export interface Bench {
  readonly workspace: TaskWorkspace;
  /** The tree that the workspace is a copy of. */
  readonly directory: string;
  readonly outputs: OutputStore;
  call(name: string, input: Json, signal?: AbortSignal): Promise<ToolOutput>;
}

/** The tools on a workspace with these files; gone when the test is over. */
export async function bench(files: { readonly [file: string]: string }, sandbox: SandboxChoice = 'off'): Promise<Bench> {
  const directory = temporaryFolder();
  writeFiles(directory, files);
  const workspace = await createWorkspace({ directory, storage: join(temporaryFolder(), 'storage'), sandbox });
  onTestFinished(() => workspace.close());
  const outputs = folderOutputs(join(temporaryFolder(), 'outputs'));
  const tools = workspaceTools(workspace, { outputs });
  return {
    workspace,
    directory,
    outputs,
    async call(name, input, signal = new AbortController().signal) {
      const tool = tools.find((candidate) => candidate.name === name);
      if (tool?.kind !== 'leaf') throw new Error(`no tool ${name}`);
      const step: StepContext = { key: 'test', attempt: 1, signal, progress: () => undefined };
      return (await tool.run(input, step)) as unknown as ToolOutput;
    },
  };
}
