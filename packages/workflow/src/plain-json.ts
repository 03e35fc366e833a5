import type { Json } from '@fw/agents-core';

/** What JSON keeps of a value, as a copy of its own; undefined where it is not JSON (cycles, BigInt, functions, getters that throw). */
export function plainJson(value: unknown): Json | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value) && !Object.is(value, -0))) return value;
  try {
    const text = JSON.stringify(value);
    return text === undefined ? undefined : JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
