import type { Json, JsonSchema, TaskWorkspace, Tool } from '@fw/agents-core';
import type * as Mcp from '@fw/mcp';
import type { McpConnection, McpOptions } from '@fw/mcp';
import type { OutputStore } from '@fw/workspace/tools';
import { FrameworkError } from './framework-error.ts';
import type { McpConfig } from './mcp-config.ts';

/** The tools of one run's MCP servers. */
export interface McpTools {
  /** The config names servers. */
  readonly isUsed: boolean;
  /** Values of headers, to be kept out of everything. */
  readonly secrets: readonly string[];
  /** Those that were adopted. */
  readonly tools: readonly Tool[];
  /** Starts the servers and asks each for its tools. @throws McpError; FrameworkError `FW_MCP_MISSING`, `FW_KEY_MISSING`. */
  list(signal: AbortSignal): Promise<Json>;
  /** Takes what `list` gave, in this process or an earlier one: a server that has other tools by then is refused. */
  adopt(listed: Json): void;
  close(): Promise<void>;
}

interface ListedServer {
  readonly server: string;
  readonly hash: string;
  readonly tools: readonly { readonly name: string; readonly description: string; readonly inputSchema: JsonSchema; readonly effect: 'pure' | 'idempotent' | 'once' }[];
}

export interface McpToolsOptions {
  readonly workspace: TaskWorkspace;
  readonly environment: { readonly [name: string]: string | undefined };
  readonly outputs: OutputStore;
}

/** Which tools there are is journaled once; servers are connected to when one of their tools is called. */
export function createMcpTools(config: { readonly [name: string]: McpConfig }, options: McpToolsOptions): McpTools {
  const connections = new Map<string, Promise<McpConnection>>();
  const secrets = Object.values(config).flatMap(({ headersEnv }) => Object.values(headersEnv ?? {}).flatMap((variable) => options.environment[variable] ?? []));
  let tools: readonly Tool[] = [];

  const connect = (name: string, approved?: string): Promise<McpConnection> => {
    const known = connections.get(name);
    if (known !== undefined) return known;
    const opening = openServer(name, config[name], options, approved);
    connections.set(name, opening);
    // The next call tries again.
    opening.catch(() => connections.delete(name));
    return opening;
  };

  const adopted = ({ server, hash }: ListedServer, { effect, ...spec }: ListedServer['tools'][number]): Tool => ({
    kind: 'leaf', ...spec, effect,
    async run(input, step) {
      const connection = await connect(server, hash);
      const tool = connection.tools.find((one) => one.name === spec.name);
      if (tool?.kind !== 'leaf') return { ok: false, code: 'denied', text: `${spec.name} is not there any more: the tools of the MCP server "${server}" have changed.` };
      return tool.run(input, step);
    },
  });

  return {
    isUsed: Object.keys(config).length > 0,
    secrets,
    get tools() {
      return tools;
    },
    async list(signal) {
      const listed: ListedServer[] = [];
      for (const server of Object.keys(config)) {
        signal.throwIfAborted();
        const { hash, tools: found } = await connect(server);
        listed.push({ server, hash, tools: found.map(({ name, description, inputSchema, ...tool }) => ({ name, description, inputSchema, effect: tool.kind === 'leaf' ? tool.effect : 'once' })) });
      }
      return listed as unknown as Json;
    },
    adopt(listed) {
      tools = (listed as unknown as readonly ListedServer[]).flatMap((server) => server.tools.map((tool) => adopted(server, tool)));
    },
    async close() {
      const opened = [...connections.values()];
      connections.clear();
      await Promise.all(opened.map((opening) => opening.then((connection) => connection.close(), () => undefined)));
    },
  };
}

async function openServer(name: string, config: McpConfig | undefined, { workspace, environment, outputs }: McpToolsOptions, hash: string | undefined): Promise<McpConnection> {
  const { command, url, headersEnv = {}, approved = hash, allow, effects, timeoutMs } = config ?? {};
  const { connectMcp, startInWorkspace } = await loadMcp();
  const server: McpOptions['server'] = command !== undefined
    ? { type: 'stdio', start: startInWorkspace(workspace, command) }
    : { type: 'http', url: url ?? '', granted: [new URL(url ?? '').origin], headers: headersOf(name, headersEnv, environment) };
  const connection = await connectMcp({ name, server, outputs, ...(approved !== undefined && { approved }), ...(allow && { allow }), ...(effects && { effects }), ...(timeoutMs !== undefined && { timeoutMs }) });
  return connection;
}

function headersOf(server: string, names: { readonly [header: string]: string }, environment: McpToolsOptions['environment']): { readonly [header: string]: string } {
  return Object.fromEntries(Object.entries(names).map(([header, variable]) => {
    const value = environment[variable]?.trim();
    if (!value) throw new FrameworkError('FW_KEY_MISSING', { message: `mcp.${server} takes its header ${header} from ${variable}, which is not set. Set it and try again.` });
    return [header, value];
  }));
}

async function loadMcp(): Promise<typeof Mcp> {
  try {
    return await import('@fw/mcp');
  } catch (cause) {
    throw new FrameworkError('FW_MCP_MISSING', { message: 'The config names MCP servers, which need the package @fw/mcp. Install it: npm install @fw/mcp.', cause });
  }
}
