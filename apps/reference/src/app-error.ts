export type AppErrorCode =
  | 'FW_USAGE' | 'FW_HOME_UNUSABLE' | 'FW_WORKSPACE_MISSING' | 'FW_WORKSPACE_NOT_A_DIRECTORY' | 'FW_WORKSPACE_UNREADABLE'
  | 'FW_PROVIDER_UNAVAILABLE' | 'FW_RUN_UNKNOWN' | 'FW_APPLY_REFUSED' | 'FW_LOCK_INVALID' | 'FW_UI_BUILD';

/** Everything the app throws by itself. Branch on `code`. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: AppErrorCode;
  readonly retryable: boolean = false;

  constructor(code: AppErrorCode, options: { readonly message: string; readonly cause?: unknown }) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
  }
}
