import { StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { McpError } from './mcp-error.ts';
import type { McpServer } from './mcp-server.ts';
import type { Traffic } from './traffic.ts';

/** Speaks the protocol over HTTP with origins that were granted, and no others: redirects are not followed. */
export function httpTransport({ url, granted, headers = {} }: Extract<McpServer, { readonly type: 'http' }>, traffic: Traffic): StreamableHTTPClientTransport {
  const requireGranted = (target: URL): void => {
    if (!granted.includes(target.origin)) throw new McpError('FW_MCP_NOT_GRANTED', { message: `${target.origin} may not be asked: it is not among the granted origins (${granted.join(', ') || 'none'}).` });
  };
  requireGranted(new URL(url));
  return new StreamableHTTPClientTransport(new URL(url), {
    requestInit: { headers: { ...headers }, redirect: 'error' },
    reconnectionOptions: { maxRetries: 1, initialReconnectionDelay: 500, maxReconnectionDelay: 1_000, reconnectionDelayGrowFactor: 1 },
    async fetch(target, init) {
      requireGranted(new URL(target));
      const response = await fetch(target, { ...init, redirect: 'error' });
      return response.body === null ? response : new Response(response.body.pipeThrough(counted(traffic)), response);
    },
  });
}

function counted(traffic: Traffic): TransformStream<Uint8Array, Uint8Array> {
  let size = 0;
  return new TransformStream({
    transform(bytes, controller) {
      size += bytes.length;
      try {
        traffic.count(bytes.length);
        if (size > traffic.maxMessageBytes) throw new Error(`It sent an answer of more than ${traffic.maxMessageBytes} bytes.`);
        controller.enqueue(bytes);
      } catch (error) {
        traffic.fail(error as Error);
        controller.error(error);
      }
    },
  });
}
