export type { CommandOptions, CommandResult, FileChange, FileWrite, MergeConflict, MergeHunk, MergeResult, TaskWorkspace } from '@fw/agents-core';
export { createWorkspace } from './create-workspace.ts';
export type { WorkspaceOptions } from './create-workspace.ts';
export { openWorkspace } from './open-workspace.ts';
export type { OpenWorkspaceOptions } from './open-workspace.ts';
export { detectSandbox } from './sandbox.ts';
export type { SandboxAvailability, SandboxChoice } from './sandbox.ts';
export { WorkspaceError } from './workspace-error.ts';
export type { WorkspaceErrorCode, WorkspaceErrorOptions } from './workspace-error.ts';
