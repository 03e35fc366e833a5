import type { ModelError } from './model-error.ts';

/** True for our error of any installed copy of this package; `instanceof` knows only one of them. */
export function isModelError(error: unknown): error is ModelError {
  return error instanceof Error && error.name === 'ModelError' && 'code' in error && typeof error.code === 'string';
}
