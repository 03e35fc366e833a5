import { hash } from 'node:crypto';
import type { Json } from '@fw/agents-core';
import { isLeftOut, isPlainList, isPlainObject, notPlain, plainJson } from './plain-json.ts';

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

/** The canonical JSON of what JSON keeps of a value, without a copy of it; undefined where it is not JSON. */
export function canonicalOf(value: unknown): string | undefined {
  try {
    return plainText(value);
  } catch {
    // Something that is more than plain data, or no data: JSON itself has to say.
    const json = plainJson(value);
    return json === undefined ? undefined : canonicalJson(json);
  }
}

/** @throws where a value has to be asked what it is as JSON: a date, a class, `toJSON`, a cycle. */
function plainText(value: unknown): string {
  switch (typeof value) {
    case 'string': return JSON.stringify(value);
    case 'number': return Number.isFinite(value) ? String(value) : 'null';
    case 'boolean': return value ? 'true' : 'false';
    case 'object': return value === null ? 'null' : Array.isArray(value) ? listText(value) : objectText(value as { readonly [key: string]: unknown });
    default: throw notPlain;
  }
}

function listText(list: readonly unknown[]): string {
  if (!isPlainList(list)) throw notPlain;
  let text = '[';
  for (let index = 0; index < list.length; index += 1) {
    if (index > 0) text += ',';
    text += isLeftOut(list[index]) ? 'null' : plainText(list[index]);
  }
  return `${text}]`;
}

function objectText(object: { readonly [key: string]: unknown }): string {
  if (!isPlainObject(object)) throw notPlain;
  let text = '{';
  for (const key of sortedKeys(object)) {
    const member = object[key];
    if (isLeftOut(member)) continue;
    text += text.length > 1 ? `,${keyText(key)}${plainText(member)}` : `${keyText(key)}${plainText(member)}`;
  }
  return `${text}}`;
}

/** Most objects have few members: put in order one by one they cost less than the room that a sort takes. */
function sortedKeys(object: object): readonly string[] {
  const keys = Object.keys(object);
  if (keys.length > FEW_KEYS) return keys.sort();
  for (let index = 1; index < keys.length; index += 1) {
    const key = keys[index]!;
    let at = index;
    for (; at > 0 && keys[at - 1]! > key; at -= 1) keys[at] = keys[at - 1]!;
    keys[at] = key;
  }
  return keys;
}

const FEW_KEYS = 16;

/** The same few names come again and again. */
const keyTexts = new Map<string, string>();
const MAX_KEY_TEXTS = 1_000;

function keyText(key: string): string {
  const known = keyTexts.get(key);
  if (known !== undefined) return known;
  const text = `${JSON.stringify(key)}:`;
  if (key.length < 50) {
    if (keyTexts.size >= MAX_KEY_TEXTS) keyTexts.clear();
    keyTexts.set(key, text);
  }
  return text;
}

/** Hex SHA-256 of a text. */
export const sha256 = (text: string): string => hash('sha256', text);

/** Digest of a value, the same for equal values. */
export const digestOf = (value: Json): string => sha256(canonicalJson(value));
