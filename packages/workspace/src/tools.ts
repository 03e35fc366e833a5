export type { Effect, Json, JsonSchema, StepContext, TaskWorkspace, Tool, ToolFailure, ToolOutput } from '@fw/agents-core';
export { workspaceTools } from './tools/workspace-tools.ts';
export type { WorkspaceToolsOptions } from './tools/workspace-tools.ts';
