export type {
  FinishReason, Json, JsonObject, JsonSchema, Message, ModelRequest, ModelResponse, Part, ToolCall, ToolSpec, Usage,
} from '@fw/models';
export type { Agent, AgentContext, AgentHost } from './agent.ts';
export { AgentError } from './agent-error.ts';
export type { AgentErrorCode, AgentErrorOptions } from './agent-error.ts';
export type { Artifact, BlobRef } from './artifact.ts';
export type { DurableContext } from './durable-context.ts';
export type { Evidence } from './evidence.ts';
export type { Finding, Severity } from './finding.ts';
export type { Result, RevisionRequest } from './result.ts';
export type { Effect, StepContext, StepKey, StepOptions } from './step.ts';
export { parseTask } from './task.ts';
export type { Task } from './task.ts';
export { defineTool, invalidInput } from './tool.ts';
export type { Tool, ToolFailure, ToolOutput } from './tool.ts';
export type { CommandOptions, CommandResult, FileChange, TaskWorkspace, Workspace } from './workspace.ts';
