export type McpErrorCode =
  /** Options that cannot be used. */
  | 'FW_MCP_INVALID'
  /** An address that was not granted; nothing was sent. */
  | 'FW_MCP_NOT_GRANTED'
  /** The workspace has no sandbox, and one is required. */
  | 'FW_MCP_SANDBOX'
  /** The server could not be started, or does not speak the protocol. */
  | 'FW_MCP_CONNECT'
  /** Its list of tools cannot be used. */
  | 'FW_MCP_TOOLS'
  /** Its tools are not those that were approved. */
  | 'FW_MCP_CHANGED';

export interface McpErrorOptions {
  readonly message: string;
  readonly retryable?: boolean;
  readonly cause?: unknown;
}

/** Everything this package throws. Branch on `code`. */
export class McpError extends Error {
  override readonly name = 'McpError';
  readonly code: McpErrorCode;
  readonly retryable: boolean;

  constructor(code: McpErrorCode, options: McpErrorOptions) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
  }
}
