import type { Receipt } from './receipt.ts';
import type { Usage } from './usage.ts';

/** Why a call failed, in one word for every provider. */
export type FailureKind =
  | 'rate-limit' | 'quota' | 'overloaded' | 'server' | 'network' | 'truncated' | 'context' | 'auth' | 'model-gone'
  | 'parameter' | 'invalid' | 'policy' | 'protocol' | 'malformed' | 'cancelled' | 'budget';

export type ModelErrorCode =
  | 'FW_MODEL_UNKNOWN' | 'FW_MODEL_CONFIG' | 'FW_MODEL_SPEC_VERSION' | 'FW_MODEL_SDK_MISSING' | 'FW_MODEL_SCRIPT' | 'FW_MODEL_CASSETTE'
  | 'FW_MODEL_RATE_LIMIT' | 'FW_MODEL_QUOTA' | 'FW_MODEL_OVERLOADED' | 'FW_MODEL_SERVER' | 'FW_MODEL_NETWORK'
  | 'FW_MODEL_TRUNCATED' | 'FW_MODEL_PARTIAL' | 'FW_MODEL_CONTEXT' | 'FW_MODEL_AUTH' | 'FW_MODEL_GONE' | 'FW_MODEL_PARAMETER'
  | 'FW_MODEL_INVALID' | 'FW_MODEL_POLICY' | 'FW_MODEL_PROTOCOL' | 'FW_MODEL_MALFORMED' | 'FW_MODEL_CANCELLED' | 'FW_MODEL_BUDGET'
  | 'FW_MODEL_FAILED';

export interface ModelErrorOptions {
  readonly message: string;
  readonly retryable?: boolean;
  readonly failure?: FailureKind;
  /** Epoch milliseconds. */
  readonly retryAt?: number;
  /** HTTP status, where there was one. */
  readonly status?: number;
  readonly receipt?: Receipt;
  readonly partial?: PartialAnswer;
  readonly cause?: unknown;
}

/** What had arrived when an answer broke off. */
export interface PartialAnswer {
  readonly text: string;
  readonly reasoning: string;
  readonly usage: Usage;
}

/** Everything this package throws. Branch on `code`. */
export class ModelError extends Error {
  override readonly name = 'ModelError';
  readonly code: ModelErrorCode;
  readonly retryable: boolean;
  readonly failure?: FailureKind;
  readonly retryAt?: number;
  readonly status?: number;
  readonly receipt?: Receipt;
  readonly partial?: PartialAnswer;

  constructor(code: ModelErrorCode, options: ModelErrorOptions) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
    if (options.failure !== undefined) this.failure = options.failure;
    if (options.retryAt !== undefined) this.retryAt = options.retryAt;
    if (options.status !== undefined) this.status = options.status;
    if (options.partial !== undefined) this.partial = options.partial;
    if (options.receipt !== undefined) this.receipt = options.receipt;
  }
}
