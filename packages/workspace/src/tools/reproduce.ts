import type { Json, TaskWorkspace, Tool, ToolOutput } from '@fw/agents-core';
import { defineTool } from '@fw/agents-core';
import { z } from 'zod';
import { answer } from './answer.ts';
import { boundedTool } from './bounded-tool.ts';
import { pathText, plainText } from './input-text.ts';
import type { OutputStore } from './output-store.ts';
import { runTool } from './run.ts';

/**
 * A tool for those who may read and not change: it runs a command on a copy of the files as they are, in the sandbox of
 * the workspace. What the command writes goes with the copy.
 */
export function reproduceTool(workspace: TaskWorkspace, outputs: OutputStore): Tool {
  return boundedTool(defineTool({
    name: 'reproduce',
    description:
      'Runs a shell command on a copy of the files that is thrown away afterwards, to show how the code behaves: no network, no terminal, CI=1. It may write scripts and tests there. Answers the exit code and the output.',
    effect: 'pure',
    input: z.strictObject({
      command: plainText(20_000),
      cwd: pathText().default('.').describe('Folder, relative to the workspace'),
      timeout_s: z.int().min(1).max(600).default(120),
    }),
    run: (input, step) =>
      answer(step, async () => {
        const copy = await workspace.checkout(await workspace.snapshot());
        try {
          const tool = runTool(copy, outputs);
          return (tool.kind === 'leaf' ? await tool.run(input as Json, step) : null) as unknown as ToolOutput;
        } finally {
          await copy.close();
        }
      }),
  }), outputs);
}
