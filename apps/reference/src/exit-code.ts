/** What each exit code of `fw` says. */
export const exitCodes = {
  success: 0,
  failed: 1,
  usage: 2,
  config: 3,
  waiting: 4,
  limit: 5,
  provider: 6,
  plugin: 7,
  refused: 8,
  internal: 70,
} as const;

/** Errors that end a command before there is a result, by `code`; the longest matching beginning decides. */
const byCode: { readonly [beginning: string]: number } = {
  FW_USAGE: exitCodes.usage,
  FW_HOME_UNUSABLE: exitCodes.usage,
  FW_METRICS_BROKEN: exitCodes.usage,
  FW_TASK_INVALID: exitCodes.usage,
  FW_RUN_UNKNOWN: exitCodes.usage,
  FW_RUN_NOT_WAITING: exitCodes.usage,
  FW_ANSWER_INVALID: exitCodes.usage,
  FW_RUN_ID: exitCodes.usage,
  FW_RUN_EXISTS: exitCodes.usage,
  FW_RUN_NOT_ENDED: exitCodes.usage,
  FW_ARCHIVE_INVALID: exitCodes.usage,
  FW_PLACE_UNKNOWN: exitCodes.usage,
  FW_WORKFLOW_ILLEGAL: exitCodes.usage,
  FW_WORKFLOW_UNCONFIRMED: exitCodes.usage,
  FW_SIGNAL_ANSWERED: exitCodes.usage,
  FW_SUITE_INVALID: exitCodes.usage,
  FW_EVALUATION: exitCodes.usage,
  FW_REVIEW_BASE: exitCodes.usage,
  FW_TESTING_POLICY: exitCodes.config,
  FW_TESTING_SEALED: exitCodes.usage,
  FW_WORKFLOW_UNKNOWN_RUN: exitCodes.usage,
  FW_WORKFLOW_DIVERGED: exitCodes.failed,
  FW_WORKFLOW_LEASED: exitCodes.usage,
  FW_WORKFLOW_CHANGED: exitCodes.usage,
  FW_WORKSPACE_MISSING: exitCodes.usage,
  FW_WORKSPACE_NOT_A_DIRECTORY: exitCodes.usage,
  FW_WORKSPACE_UNREADABLE: exitCodes.usage,
  FW_WORKSPACE_TOO_LARGE: exitCodes.usage,
  FW_WORKSPACE_REVISION: exitCodes.usage,
  FW_CONFIG: exitCodes.config,
  FW_LOCK_INVALID: exitCodes.config,
  FW_MODEL: exitCodes.provider,
  FW_MODEL_CONFIG: exitCodes.config,
  FW_MODEL_SCRIPT: exitCodes.config,
  FW_MODEL_UNKNOWN: exitCodes.config,
  FW_MODEL_ALIAS_MISSING: exitCodes.config,
  FW_MODEL_BUDGET: exitCodes.limit,
  FW_RESTATE: exitCodes.provider,
  FW_RESTATE_CONFIG: exitCodes.config,
  FW_RESTATE_PORT: exitCodes.usage,
  FW_KEY_MISSING: exitCodes.provider,
  FW_PROVIDER_UNAVAILABLE: exitCodes.provider,
  FW_PLUGIN: exitCodes.plugin,
  FW_PLUGIN_SANDBOX: exitCodes.refused,
  FW_WORKSPACE_SANDBOX: exitCodes.refused,
  FW_APPLY_REFUSED: exitCodes.refused,
};

/** 70 for everything that nobody foresaw. */
export function exitCodeOfError(error: unknown): number {
  const code = codeOf(error);
  const beginning = Object.keys(byCode)
    .filter((candidate) => code === candidate || code.startsWith(`${candidate}_`))
    .sort((left, right) => right.length - left.length)[0];
  return (beginning === undefined ? undefined : byCode[beginning]) ?? exitCodes.internal;
}

function codeOf(error: unknown): string {
  const code = typeof error === 'object' && error !== null ? (error as { readonly code?: unknown }).code : undefined;
  return typeof code === 'string' ? code : '';
}
