export type AgentErrorCode =
  | 'FW_TASK_INVALID' | 'FW_AGENT_UNKNOWN' | 'FW_AGENT_DUPLICATE' | 'FW_AGENT_INVALID' | 'FW_AGENT_SPEC_VERSION' | 'FW_AGENT_LOAD'
  | 'FW_AGENT_VERSION' | 'FW_AGENT_INTEGRITY' | 'FW_AGENT_LIFECYCLE' | 'FW_AGENT_CONFORMANCE' | 'FW_TOOL_INVALID' | 'FW_LOOP_STUCK' | 'FW_LOOP_TURNS'
  | 'FW_LOOP_OPTIONS' | 'FW_EVENTS_OPTIONS' | 'FW_EVENTS_OVERFLOW';

export interface AgentErrorOptions {
  readonly message: string;
  readonly retryable?: boolean;
  readonly cause?: unknown;
}

/** Everything this package throws. Branch on `code`. */
export class AgentError extends Error {
  override readonly name = 'AgentError';
  readonly code: AgentErrorCode;
  readonly retryable: boolean;

  constructor(code: AgentErrorCode, options: AgentErrorOptions) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
  }
}
