export { hostModel } from './hosting/hosted-model.ts';
export type { HostModelOptions } from './hosting/hosted-model.ts';
export { hostTools } from './hosting/hosted-tools.ts';
export { hostWorkspace } from './hosting/hosted-workspace.ts';
export { createWorkspaceSession } from './hosting/workspace-session.ts';
export type { WorkspaceSession } from './hosting/workspace-session.ts';
export type { AgentContext, DurableContext, Json, StepContext, TaskWorkspace, Tool, Workspace } from '@fw/agents-core';
export type { Pause } from './machine.ts';
export type { LeafOptions, LeafPort } from './scope.ts';
