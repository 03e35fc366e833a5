import { ReadBuffer, serializeMessage } from '@modelcontextprotocol/client';
import type { Transport } from '@modelcontextprotocol/client';
import type { McpProcess } from './mcp-server.ts';
import type { Traffic } from './traffic.ts';

/** How long a process may take to end by itself once its input has ended. */
const graceMs = 1_000;

/** Speaks the protocol with a process, a message a line. When it is closed, nothing of the process runs any more. */
export function processTransport(process: McpProcess, traffic: Traffic): Transport {
  const buffer = new ReadBuffer({ maxBufferSize: traffic.maxMessageBytes });
  let closing: Promise<void> | undefined;
  // The SDK knows by these two that older servers may well say nothing to a question that they do not know.
  const transport: Transport & { readonly stderr: null; readonly pid: null } = {
    stderr: null,
    pid: null,
    start() {
      process.stdin.on('error', (error) => transport.onerror?.(error));
      process.stdout.on('error', (error) => transport.onerror?.(error));
      process.stdout.on('data', (bytes: Buffer) => {
        if (closing !== undefined) return;
        try {
          traffic.count(bytes.length);
          buffer.append(bytes);
          for (let message = buffer.readMessage(); message !== null; message = buffer.readMessage()) transport.onmessage?.(message);
        } catch (error) {
          // What it writes is no message, too long, or too much: it cannot be understood from here on.
          traffic.fail(error as Error);
          process.kill();
        }
      });
      void process.ended.then(() => transport.close());
      return Promise.resolve();
    },
    send: (message) =>
      new Promise((resolve, reject) => {
        process.stdin.write(serializeMessage(message), (error) => (error ? reject(error) : resolve()));
      }),
    close() {
      closing ??= end().finally(() => transport.onclose?.());
      return closing;
    },
  };

  async function end(): Promise<void> {
    process.stdin.end();
    const timer = setTimeout(() => process.kill(), graceMs);
    await process.ended;
    clearTimeout(timer);
    buffer.clear();
  }
  return transport;
}
