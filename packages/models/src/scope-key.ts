import type { CallScope } from './model.ts';

/** The same text for equal scopes, in whatever order their names were written. */
export function scopeKey(scope: CallScope): string {
  const entries = Object.entries(scope).filter(([, value]) => value !== undefined);
  return JSON.stringify(entries.sort(([left], [right]) => (left < right ? -1 : 1)));
}
