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
    return withText('', value);
  } catch {
    // Something that is more than plain data, or no data: JSON itself has to say.
    const json = plainJson(value);
    return json === undefined ? undefined : canonicalJson(json);
  }
}

/**
 * Text with that of a value at its end: one string that grows, since each piece put together with others before costs an
 * object of its own.
 * @throws where a value has to be asked what it is as JSON: a date, a class, `toJSON`, a cycle.
 */
function withText(text: string, value: unknown): string {
  switch (typeof value) {
    case 'string': return text + stringText(value);
    case 'number': return text + (Number.isFinite(value) ? String(value) : 'null');
    case 'boolean': return text + (value ? 'true' : 'false');
    case 'object': return value === null ? `${text}null` : Array.isArray(value) ? withList(text, value) : withObject(text, value as { readonly [key: string]: unknown });
    default: throw notPlain;
  }
}

function withList(before: string, list: readonly unknown[]): string {
  if (!isPlainList(list)) throw notPlain;
  let text = `${before}[`;
  for (let index = 0; index < list.length; index += 1) {
    const item = list[index];
    if (index > 0) text += ',';
    text = isLeftOut(item) ? `${text}null` : withText(text, item);
  }
  return `${text}]`;
}

function withObject(before: string, object: { readonly [key: string]: unknown }): string {
  if (!isPlainObject(object)) throw notPlain;
  let [text, isEmpty] = [before, true];
  for (const key of sortedKeys(object)) {
    const member = object[key];
    if (isLeftOut(member)) continue;
    const { first, next } = keyText(key);
    text = withText(text + (isEmpty ? first : next), member);
    isEmpty = false;
  }
  return isEmpty ? `${text}{}` : `${text}}`;
}

/** Ids, names and kinds are short, many, and mostly stand in JSON as they are: that is seen sooner than JSON is called. */
function stringText(value: string): string {
  if (value.length > SHORT) return JSON.stringify(value);
  for (let index = 0; index < value.length; index += 1) {
    const code = value.charCodeAt(index);
    if (code < 0x20 || code > 0x7e || code === 0x22 || code === 0x5c) return JSON.stringify(value);
  }
  return `"${value}"`;
}

const SHORT = 32;

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

/** A key at the beginning of an object and after another member. The same few names come again and again. */
const keyTexts = new Map<string, { readonly first: string; readonly next: string }>();
const MAX_KEY_TEXTS = 1_000;

function keyText(key: string): { readonly first: string; readonly next: string } {
  const known = keyTexts.get(key);
  if (known !== undefined) return known;
  const text = `${JSON.stringify(key)}:`;
  const texts = { first: `{${text}`, next: `,${text}` };
  if (key.length < 50) {
    if (keyTexts.size >= MAX_KEY_TEXTS) keyTexts.clear();
    keyTexts.set(key, texts);
  }
  return texts;
}

/** Hex SHA-256 of a text. */
export const sha256 = (text: string): string => hash('sha256', text);

/** Digest of a value, the same for equal values. */
export const digestOf = (value: Json): string => sha256(canonicalJson(value));
