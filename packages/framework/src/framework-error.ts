export type FrameworkErrorCode =
  | 'FW_CONFIG_INVALID' | 'FW_CONFIG_NOT_FOUND' | 'FW_CONFIG_UNTRUSTED' | 'FW_KEY_MISSING' | 'FW_RUN_UNKNOWN' | 'FW_RUN_NOT_WAITING' | 'FW_ANSWER_INVALID' | 'FW_MCP_MISSING'
  | 'FW_RUN_ID' | 'FW_RUN_EXISTS' | 'FW_RUN_DURATION' | 'FW_RUN_NOT_ENDED' | 'FW_ARCHIVE_INVALID' | 'FW_PLACE_UNKNOWN'
  | 'FW_MODEL_ALIAS_MISSING' | 'FW_CLOSED' | 'FW_METRICS_BROKEN'
  | 'FW_REVIEW_BASE' | 'FW_SUITE_INVALID' | 'FW_EVALUATION_UNKNOWN' | 'FW_EVALUATION_HELD' | 'FW_EVALUATION_CHANGED';

/** Everything this package throws by itself; errors of the layers below pass through. Branch on `code`. */
export class FrameworkError extends Error {
  override readonly name = 'FrameworkError';
  readonly code: FrameworkErrorCode;
  readonly retryable: boolean = false;

  constructor(code: FrameworkErrorCode, options: { readonly message: string; readonly cause?: unknown }) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
  }
}
