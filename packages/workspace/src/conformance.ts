export type { CommandOptions, CommandResult, FileChange, TaskWorkspace } from '@fw/agents-core';
export { testWorkspace } from './conformance/test-workspace.ts';
