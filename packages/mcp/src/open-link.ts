import { Client } from '@modelcontextprotocol/client';
import type { JsonSchemaValidator, jsonSchemaValidator } from '@modelcontextprotocol/client';
import { visibleText } from '@fw/agents-core';
import { httpTransport } from './http-transport.ts';
import { McpError } from './mcp-error.ts';
import type { McpProcess, McpServer } from './mcp-server.ts';
import { processTransport } from './process-transport.ts';
import { adoptTools } from './tool-list.ts';
import type { ToolList } from './tool-list.ts';
import { createTraffic } from './traffic.ts';
import type { Traffic } from './traffic.ts';
import { shortText } from './short-text.ts';

/** One connection to a server that has said which tools it has. */
export interface Link {
  readonly client: Client;
  readonly traffic: Traffic;
  list: ToolList;
  /** It said that its tools have changed since `list`. */
  isStale: boolean;
  isDead: boolean;
  /** Why it ended, in words. */
  ending(): string;
  relist(signal: AbortSignal): Promise<ToolList>;
  /** `now` for one that does not listen any more. */
  close(how?: 'now'): Promise<void>;
}

export interface LinkOptions {
  readonly name: string;
  readonly server: McpServer;
  readonly allow: readonly string[] | undefined;
  readonly deadlineMs: number;
}

/** Starts or reaches the server, shakes hands and asks for its tools. Throws `FW_MCP_CONNECT`, `FW_MCP_TOOLS`, `FW_MCP_NOT_GRANTED`. */
export async function openLink(options: LinkOptions, signal: AbortSignal): Promise<Link> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(options.deadlineMs)]);
  try {
    return await tryLink(options, 'auto', signal, deadline);
  } catch (error) {
    // Older servers may end at the first question of the newer protocol.
    const isOlder = options.server.type === 'stdio' && (error as McpError).code === 'FW_MCP_CONNECT' && !deadline.aborted;
    if (!isOlder) throw error;
    return await tryLink(options, 'legacy', signal, deadline);
  }
}

async function tryLink({ name, server, allow, deadlineMs }: LinkOptions, mode: 'auto' | 'legacy', signal: AbortSignal, deadline: AbortSignal): Promise<Link> {
  const traffic = createTraffic();
  let process: McpProcess | undefined;
  const client = new Client(
    { name: 'fw', version: '1' },
    {
      capabilities: {},
      versionNegotiation: { mode, probe: { timeoutMs: Math.ceil(deadlineMs / 4) } },
      inputRequired: { autoFulfill: false },
      jsonSchemaValidator: acceptAll,
      listChanged: { tools: { autoRefresh: false, debounceMs: 0, onChanged: () => void (link.isStale = true) } },
    },
  );
  const link: Link = {
    client,
    traffic,
    list: { tools: [], hash: '' },
    isStale: false,
    isDead: false,
    ending() {
      const errors = process?.errors?.().trim() ?? '';
      return [traffic.failure() ?? 'The connection ended.', ...(errors === '' ? [] : [`The end of its standard error: ${shortText(visibleText(errors.slice(-1_000)), 1_000)}`])].join(' ');
    },
    async relist(asked) {
      traffic.reset();
      const { tools } = await client.listTools(undefined, { signal: asked, timeout: deadlineMs, maxTotalTimeout: deadlineMs, cacheMode: 'refresh' });
      return adoptTools(name, tools, allow);
    },
    async close(how) {
      link.isDead = true;
      if (how === 'now') process?.kill();
      await client.close().catch(() => undefined);
      process?.kill();
      await process?.ended;
    },
  };
  client.onclose = () => void (link.isDead = true);
  client.onerror = () => undefined;
  try {
    const options = { signal: deadline, timeout: deadlineMs, maxTotalTimeout: deadlineMs };
    if (server.type === 'http') await client.connect(httpTransport(server, traffic), options);
    else {
      process = await server.start(signal);
      deadline.throwIfAborted();
      await client.connect(processTransport(process, traffic), options);
    }
    link.list = await link.relist(deadline);
    link.isStale = false;
    return link;
  } catch (error) {
    await link.close();
    signal.throwIfAborted();
    if (error instanceof McpError) throw error;
    const why = deadline.aborted ? `It did not answer within ${deadlineMs} ms.` : shortText(visibleText((error as Error).message), 500);
    throw new McpError('FW_MCP_CONNECT', { message: `The MCP server "${name}" cannot be used: ${why} ${link.ending()}`, retryable: true, cause: error });
  }
}

/** A schema of the server's may hold patterns that take for ever; what it answers is text to us, whatever its form. */
const acceptAll: jsonSchemaValidator = {
  getValidator: <T>() => ((input: unknown) => ({ valid: true, data: input, errorMessage: undefined })) as JsonSchemaValidator<T>,
};
