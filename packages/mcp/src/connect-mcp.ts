import type { Effect, Tool } from '@fw/agents-core';
import type { KeepOutput } from './describe-result.ts';
import { McpError } from './mcp-error.ts';
import type { McpServer } from './mcp-server.ts';

export interface McpOptions {
  /** Stands before the names of its tools: small letters, digits and `-`, at most 24. */
  readonly name: string;
  readonly server: McpServer;
  /** `hash` of an earlier connection, as somebody approved it. Another list of tools is refused. Default: whatever it lists now. */
  readonly approved?: string;
  /** The server's tools that are used; default all. */
  readonly allow?: readonly string[];
  /** What a call may do, by the server's names; default `once`, because a server's own word for it is not to be relied on. */
  readonly effects?: { readonly [tool: string]: Effect };
  /** Of one call; default 60,000. */
  readonly timeoutMs?: number;
  /** Of starting, shaking hands and listing; default 20,000. */
  readonly connectTimeoutMs?: number;
  readonly outputs?: KeepOutput;
  readonly signal?: AbortSignal;
}

export interface McpConnection {
  readonly tools: readonly Tool[];
  /** Of the tools' names, descriptions and schemas. */
  readonly hash: string;
  /** Ends the server and everything it started. Calls that wait are answered. */
  close(): Promise<void>;
}

/**
 * Connects to an MCP server, whose tools become tools of agents: `<name>__<tool>`. What the server says is untrusted: it is
 * bounded, marked as data, and nothing that it asks for is done. A call gets exactly one answer; only an abort throws.
 * @throws McpError by `code`, before the first call.
 */
export async function connectMcp(options: McpOptions): Promise<McpConnection> {
  requireOptions(options);
  // The SDK takes longer to load than Node to start.
  const { openConnection } = await import('./open-connection.ts');
  return openConnection(options);
}

function requireOptions({ name, server, timeoutMs = 1, connectTimeoutMs = 1 }: McpOptions): void {
  const wrong = (message: string): McpError => new McpError('FW_MCP_INVALID', { message });
  if (!/^[a-z0-9][a-z0-9-]{0,23}$/.test(name)) throw wrong(`${JSON.stringify(name)} is no name for a server: small letters, digits and "-", at most 24.`);
  for (const value of [timeoutMs, connectTimeoutMs]) if (!(value > 0 && value <= 2 ** 31 - 1)) throw wrong(`${value} is no time in milliseconds.`);
  if (server.type === 'http' && !(URL.canParse(server.url) && /^https?:$/.test(new URL(server.url).protocol))) throw wrong(`${JSON.stringify(server.url)} is no address of an HTTP server.`);
}
