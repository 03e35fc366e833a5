import type { Json } from '@fw/agents-core';

const deepest = 6;
const mostMembers = 50;
const longestText = 2_000;
/** Members whose value is never anything but a secret, whoever made the object. */
const secretNames = /^(authorization|proxy-authorization|cookie|set-cookie|password|passwd|secret|client[-_]?secret|api[-_]?key|x-api-key|access[-_]?token|refresh[-_]?token|id[-_]?token|private[-_]?key)$/i;
/** Forms of keys that are known even where nobody said that one is there. */
const secretForms = /\b(?:sk|pk|rk)-[A-Za-z0-9_-]{16,}|\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_[A-Za-z0-9_]{20,}|\bxox[abprs]-[A-Za-z0-9-]{10,}|\bAKIA[0-9A-Z]{16}\b|\bAIza[0-9A-Za-z_-]{30,}|\bBearer\s+[A-Za-z0-9._~+/-]{16,}=*|-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)|(?<=:\/\/[^\s:@/]*:)[^\s@/]+(?=@)/g;
const hidden = '[redacted]';

/**
 * Anything as JSON that may stand in a log: bounded in depth, breadth and length, errors with their causes, and without secrets:
 * those that `redact` knows, members with telling names, and texts that have the form of a key. Never throws.
 */
export function logValue(value: unknown, redact: (value: Json) => Json): Json {
  try {
    return redact(plain(value, deepest, new Set()));
  } catch {
    return '[not loggable]';
  }
}

function plain(value: unknown, depth: number, around: Set<object>): Json {
  if (value === null || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))) return value;
  if (typeof value === 'string') return cleanText(value);
  if (typeof value !== 'object') return value === undefined ? null : cleanText(String(value));
  if (around.has(value)) return '[circular]';
  if (depth === 0) return '[deep]';
  around.add(value);
  try {
    return value instanceof Error ? plainError(value, depth, around) : plainObject(value, depth, around);
  } finally {
    around.delete(value);
  }
}

function plainError(error: Error, depth: number, around: Set<object>): Json {
  const { code, cause } = error as { readonly code?: unknown; readonly cause?: unknown };
  const errors: unknown = error instanceof AggregateError ? error.errors : undefined;
  return {
    type: cleanText(error.name), message: cleanText(error.message),
    ...(code !== undefined && { code: plain(code, depth - 1, around) }),
    ...(typeof error.stack === 'string' && { stack: cleanText(error.stack) }),
    ...(errors !== undefined && { errors: plain(errors, depth - 1, around) }),
    ...(cause !== undefined && { cause: plain(cause, depth - 1, around) }),
    ...membersOf(error, depth, around, ['name', 'message', 'stack', 'code', 'cause', 'errors']),
  };
}

function plainObject(value: object, depth: number, around: Set<object>): Json {
  if (Array.isArray(value)) return value.slice(0, mostMembers).map((item: unknown) => plain(item, depth - 1, around));
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Map) return plain(Object.fromEntries([...value].slice(0, mostMembers).map(([key, member]) => [String(key), member as unknown])), depth, around);
  if (value instanceof Set) return plain([...value].slice(0, mostMembers), depth, around);
  if (ArrayBuffer.isView(value)) return `[${String(value.byteLength)} bytes]`;
  return membersOf(value, depth, around, []);
}

function membersOf(value: object, depth: number, around: Set<object>, without: readonly string[]): { readonly [key: string]: Json } {
  const members = Object.entries(value).filter(([key]) => !without.includes(key)).slice(0, mostMembers);
  return Object.fromEntries(members.map(([key, member]) => [cleanText(key), secretNames.test(key) ? hidden : plain(member, depth - 1, around)]));
}

function cleanText(text: string): string {
  // Cut last: half of a secret has no form any more.
  const cleaned = text.slice(0, 4 * longestText).replace(secretForms, hidden);
  return cleaned.length > longestText ? `${cleaned.slice(0, longestText).toWellFormed()} …` : cleaned.toWellFormed();
}
