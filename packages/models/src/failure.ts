import type { FailureKind, ModelErrorCode } from './model-error.ts';

/** What may be done about a failure as long as no content has been delivered. */
export interface FailureRule {
  readonly code: ModelErrorCode;
  /** Whether the same endpoint may be asked again: once, at the time the service named, or never. */
  readonly again: 'once' | 'at-retry-time' | 'never';
  /** Whether another model may be asked instead. */
  readonly elsewhere: boolean;
}

/** One row for every kind of failure, the same for every provider. */
export const failureRules: Readonly<Record<FailureKind, FailureRule>> = {
  'rate-limit': { code: 'FW_MODEL_RATE_LIMIT', again: 'at-retry-time', elsewhere: true },
  quota: { code: 'FW_MODEL_QUOTA', again: 'never', elsewhere: true },
  overloaded: { code: 'FW_MODEL_OVERLOADED', again: 'once', elsewhere: true },
  server: { code: 'FW_MODEL_SERVER', again: 'once', elsewhere: true },
  network: { code: 'FW_MODEL_NETWORK', again: 'once', elsewhere: true },
  truncated: { code: 'FW_MODEL_TRUNCATED', again: 'once', elsewhere: true },
  // Another model helps only when its context is larger, which its card must say.
  context: { code: 'FW_MODEL_CONTEXT', again: 'never', elsewhere: false },
  auth: { code: 'FW_MODEL_AUTH', again: 'never', elsewhere: true },
  'model-gone': { code: 'FW_MODEL_GONE', again: 'never', elsewhere: true },
  parameter: { code: 'FW_MODEL_PARAMETER', again: 'never', elsewhere: false },
  invalid: { code: 'FW_MODEL_INVALID', again: 'never', elsewhere: false },
  policy: { code: 'FW_MODEL_POLICY', again: 'never', elsewhere: false },
  protocol: { code: 'FW_MODEL_PROTOCOL', again: 'once', elsewhere: true },
  malformed: { code: 'FW_MODEL_MALFORMED', again: 'once', elsewhere: true },
  cancelled: { code: 'FW_MODEL_CANCELLED', again: 'never', elsewhere: false },
  budget: { code: 'FW_MODEL_BUDGET', again: 'never', elsewhere: false },
};
