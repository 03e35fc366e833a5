import { failureRules } from './failure.ts';
import { ModelError } from './model-error.ts';
import type { FailureKind, ModelErrorOptions } from './model-error.ts';

/** The error for a failure of a known kind: its code and whether trying again can help follow from the table. */
export function failedWith(failure: FailureKind, message: string, more: Omit<ModelErrorOptions, 'message' | 'failure' | 'retryable'> = {}): ModelError {
  const rule = failureRules[failure];
  return new ModelError(rule.code, { ...more, message, failure, retryable: rule.again !== 'never' });
}
