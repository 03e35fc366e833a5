import type { Json } from '@fw/agents-core';

/** What JSON keeps of a value, as a copy of its own; undefined where it is not JSON (cycles, BigInt, functions, getters that throw). */
export function plainJson(value: unknown): Json | undefined {
  if (isLeftOut(value)) return undefined;
  try {
    return copyOf(value);
  } catch {
    return throughText(value);
  }
}

function throughText(value: unknown): Json | undefined {
  try {
    const text = JSON.stringify(value);
    return text === undefined ? undefined : JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

/** Most values are plain data, whose copy costs a fraction of their text. @throws for all others: JSON itself has to say. */
function copyOf(value: unknown): Json {
  switch (typeof value) {
    case 'string': case 'boolean': return value;
    // JSON has neither -0 nor what is no number.
    case 'number': return Number.isFinite(value) ? value + 0 : null;
    case 'object': return value === null ? null : Array.isArray(value) ? copyOfList(value) : copyOfObject(value as { readonly [key: string]: unknown });
    default: throw notPlain;
  }
}

function copyOfList(list: readonly unknown[]): Json {
  if (!isPlainList(list)) throw notPlain;
  const copy: Json[] = [];
  for (let index = 0; index < list.length; index += 1) {
    const member = list[index];
    copy.push(isLeftOut(member) ? null : copyOf(member));
  }
  return copy;
}

function copyOfObject(object: { readonly [key: string]: unknown }): Json {
  if (!isPlainObject(object)) throw notPlain;
  const copy: { [key: string]: Json } = {};
  for (const key of Object.keys(object)) {
    // Assigning to it would set the prototype.
    if (key === '__proto__') throw notPlain;
    const member = object[key];
    if (!isLeftOut(member)) copy[key] = copyOf(member);
  }
  return copy;
}

/** What JSON leaves out of an object and has as null in a list. */
export const isLeftOut = (value: unknown): boolean => value === undefined || typeof value === 'function' || typeof value === 'symbol';

/** Of no class, of this realm, and JSON need not ask it what it is. */
export function isPlainObject(object: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(object);
  return (prototype === Object.prototype || prototype === null) && !('toJSON' in object);
}

export function isPlainList(list: readonly unknown[]): boolean {
  return Object.getPrototypeOf(list) === Array.prototype && !('toJSON' in list);
}

/** Says that a value has to be asked what it is as JSON. */
export const notPlain: Error = new Error('Not plain data.');
