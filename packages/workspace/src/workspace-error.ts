export type WorkspaceErrorCode =
  | 'FW_WORKSPACE_MISSING'
  | 'FW_WORKSPACE_NOT_A_DIRECTORY'
  | 'FW_WORKSPACE_UNREADABLE'
  | 'FW_WORKSPACE_TOO_LARGE'
  | 'FW_WORKSPACE_REVISION'
  | 'FW_WORKSPACE_DISK_FULL'
  | 'FW_WORKSPACE_STORAGE'
  | 'FW_WORKSPACE_CORRUPT'
  | 'FW_WORKSPACE_CLOSED'
  | 'FW_WORKSPACE_SANDBOX'
  | 'FW_WORKSPACE_GIT_MISSING'
  | 'FW_WORKSPACE_GIT'
  | 'FW_WORKSPACE_TREE_UNKNOWN'
  | 'FW_WORKSPACE_OUTSIDE'
  | 'FW_WORKSPACE_DENIED'
  | 'FW_WORKSPACE_NOT_FOUND'
  | 'FW_WORKSPACE_BINARY'
  | 'FW_WORKSPACE_INVALID';

export interface WorkspaceErrorOptions {
  readonly message: string;
  readonly retryable?: boolean;
  readonly cause?: unknown;
}

/** Everything this package throws. Branch on `code`. */
export class WorkspaceError extends Error {
  override readonly name = 'WorkspaceError';
  readonly code: WorkspaceErrorCode;
  readonly retryable: boolean;

  constructor(code: WorkspaceErrorCode, options: WorkspaceErrorOptions) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
  }
}
