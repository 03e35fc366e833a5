export type { CommandOptions, Effect, Json, JsonSchema, StepContext, TaskWorkspace, Tool, ToolFailure, ToolOutput } from '@fw/agents-core';
export { connectMcp } from './connect-mcp.ts';
export type { McpConnection, McpOptions } from './connect-mcp.ts';
export type { KeepOutput } from './describe-result.ts';
export { McpError } from './mcp-error.ts';
export type { McpErrorCode, McpErrorOptions } from './mcp-error.ts';
export type { McpProcess, McpServer, StartServer } from './mcp-server.ts';
export { startInWorkspace } from './start-in-workspace.ts';
export type { StartInWorkspaceOptions } from './start-in-workspace.ts';
