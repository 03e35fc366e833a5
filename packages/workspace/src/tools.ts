export type { Effect, Json, JsonSchema, StepContext, TaskWorkspace, Tool, ToolFailure, ToolOutput } from '@fw/agents-core';
export { folderOutputs, memoryOutputs } from './tools/output-store.ts';
export type { OutputStore } from './tools/output-store.ts';
export { reproduceTool } from './tools/reproduce.ts';
export { workspaceTools } from './tools/workspace-tools.ts';
export type { WorkspaceToolsOptions } from './tools/workspace-tools.ts';
