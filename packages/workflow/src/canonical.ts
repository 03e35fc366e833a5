import { hash } from 'node:crypto';
import type { Json } from '@fw/agents-core';

/** JSON with sorted keys and without undefined members: equal values give equal text. */
export function canonicalJson(value: Json | undefined): string {
  if (Array.isArray(value)) return `[${value.map((item: Json) => canonicalJson(item)).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const object = value as { readonly [key: string]: Json | undefined };
    const members = Object.keys(object).filter((key) => object[key] !== undefined).sort();
    return `{${members.map((key) => `${JSON.stringify(key)}:${canonicalJson(object[key])}`).join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}

/** Hex SHA-256 of a text. */
export const sha256 = (text: string): string => hash('sha256', text);

/** Digest of a value, the same for equal values. */
export const digestOf = (value: Json): string => sha256(canonicalJson(value));
