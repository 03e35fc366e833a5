import type { CommandResult, Json, Workspace } from '@fw/agents-core';
import type { LeafPort } from '../scope.ts';
import type { WorkspaceSession } from './workspace-session.ts';

/** The files of the task as an agent sees them: every use is one step of the journal. */
export function hostWorkspace(port: LeafPort, session: WorkspaceSession): Workspace {
  return {
    async read(file) {
      const { output } = await port.leaf('workspace.read', async () => ({ output: await session.read((workspace) => workspace.read(file)) }), { origin: 'workspace', input: { file } });
      return output as string;
    },
    async write(file, content) {
      const { tree } = await port.leaf('workspace.write', async () => {
        const changed = await session.change((workspace) => workspace.write(file, content));
        return { output: null, tree: changed.tree };
      }, { origin: 'workspace', effect: 'idempotent', input: { file, content } });
      if (tree !== undefined) session.settle(tree);
    },
    async run(command, options = {}) {
      const { output, tree } = await port.leaf('workspace.run', async (step) => {
        const changed = await session.change((workspace) => workspace.run(command, { ...options, signal: step.signal }));
        return { output: changed.value as unknown as Json, tree: changed.tree };
      }, { origin: 'workspace', effect: 'idempotent', input: { command: [...command], ...options } });
      if (tree !== undefined) session.settle(tree);
      return output as unknown as CommandResult;
    },
    tree: async () => session.tree,
  };
}
