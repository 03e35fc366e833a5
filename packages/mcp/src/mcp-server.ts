import type { Readable, Writable } from 'node:stream';

/** A server's process as this package needs it, wherever it runs. */
export interface McpProcess {
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** The end of what it wrote to standard error, for messages; at most some thousand characters. */
  errors?(): string;
  /** Resolves when nothing of it runs any more; never rejects. */
  readonly ended: Promise<unknown>;
  /** Ends it at once, with everything it started. */
  kill(): void;
}

/** Starts a server's process, such as in a sandbox; called again when it has died. */
export type StartServer = (signal: AbortSignal) => Promise<McpProcess>;

export type McpServer =
  | { readonly type: 'stdio'; readonly start: StartServer }
  | {
      readonly type: 'http';
      readonly url: string;
      /** Origins that may be asked, such as `https://mcp.example.com`; that of the url has to be one of them. */
      readonly granted: readonly string[];
      /** Sent with each request, such as an Authorization; their values are cut out of whatever the server answers. */
      readonly headers?: { readonly [name: string]: string };
    };
