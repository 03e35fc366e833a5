import type { TaskWorkspace, Tool } from '@fw/agents-core';
import { defineTool } from '@fw/agents-core';
import { answer } from './answer.ts';
import { boundedTool } from './bounded-tool.ts';
import type { OutputStore } from './output-store.ts';
import { commandInput, runShown } from './run.ts';

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
    input: commandInput,
    run: (input, step) =>
      answer(step, async () => {
        const copy = await workspace.checkout(await workspace.snapshot());
        try {
          return await runShown(copy, outputs, input, step);
        } finally {
          await copy.close();
        }
      }),
  }), outputs);
}
