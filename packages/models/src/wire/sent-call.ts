import { createHash } from 'node:crypto';
import type { Json, JsonObject } from '../json.ts';

// A model may have made up a name, an id or arguments that its own service refuses to be reminded of, and another service
// that takes over refuses even more. One refused request would end the conversation, so what is sent back fits.

/** The name of a call or of its result: 64 letters, digits, "_" and "-", no digit or "-" first. */
export function sentName(name: string): string {
  if (/^[a-zA-Z_][a-zA-Z0-9_-]{0,63}$/.test(name)) return name;
  const cleaned = name.replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, 63);
  return /^[a-zA-Z_]/.test(cleaned) ? cleaned : `_${cleaned}`;
}

/** The id of a call, the same in its result. */
export function sentId(id: string): string {
  return /^[a-zA-Z0-9_-]{1,40}$/.test(id) ? id : `call_${createHash('sha256').update(id).digest('hex').slice(0, 24)}`;
}

/** The arguments of a call, for services that know objects only. */
export function sentArguments(value: Json): JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? value as JsonObject : { value };
}
