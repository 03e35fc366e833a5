import type { Json } from '@fw/agents-core';

export type WorkflowErrorCode =
  | 'FW_WORKFLOW_ILLEGAL' | 'FW_WORKFLOW_UNKNOWN_RUN' | 'FW_WORKFLOW_LEASED' | 'FW_WORKFLOW_DIVERGED' | 'FW_WORKFLOW_NESTED'
  | 'FW_WORKFLOW_STALLED' | 'FW_WORKFLOW_ABORTED' | 'FW_WORKFLOW_CANCELLED' | 'FW_WORKFLOW_CHANGED' | 'FW_WORKFLOW_NO_AGENT'
  | 'FW_WORKFLOW_NO_HOST' | 'FW_WORKFLOW_CLOSED' | 'FW_WORKFLOW_STUCK' | 'FW_WORKFLOW_CYCLE' | 'FW_WORKFLOW_REJECTED' | 'FW_WORKFLOW_UNSUPPORTED'
  | 'FW_STEP_FAILED' | 'FW_STEP_UNCERTAIN' | 'FW_STEP_TIMEOUT' | 'FW_STEP_OUTPUT'
  | 'FW_SIGNAL_ANSWERED' | 'FW_SIGNAL_INVALID' | 'FW_JOURNAL_BROKEN' | 'FW_STORE_FAILED' | 'FW_STORE_SCHEMA' | 'FW_BLOB_MISSING' | 'FW_AGENT_THREW'
  | 'FW_WORKFLOW_NO_DEFINITION' | 'FW_WORKFLOW_UNCONFIRMED';

export interface WorkflowErrorOptions {
  readonly message: string;
  readonly retryable?: boolean;
  readonly cause?: unknown;
  /** What a caller may show or decide on: keys, differences. */
  readonly details?: Json;
}

/** Everything this package throws. Branch on `code`; a failed step rejects with the code that its function threw. */
export class WorkflowError extends Error {
  override readonly name = 'WorkflowError';
  readonly code: string;
  readonly retryable: boolean;
  readonly details: Json | undefined;

  constructor(code: WorkflowErrorCode | (string & {}), options: WorkflowErrorOptions) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.details = options.details;
  }
}

/** Code and message of whatever was thrown; hostile values (null, getters that throw) are handled. */
export function describeError(thrown: unknown): { readonly code: string; readonly message: string } {
  try {
    const { code, message } = thrown as { code?: unknown; message?: unknown };
    return {
      code: typeof code === 'string' && code !== '' ? code.slice(0, 200) : 'FW_STEP_FAILED',
      message: (typeof message === 'string' ? message : String(thrown)).slice(0, 10_000),
    };
  } catch {
    return { code: 'FW_STEP_FAILED', message: 'A value that cannot be read was thrown.' };
  }
}
