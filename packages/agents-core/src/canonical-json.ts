import type { Json } from '@fw/models';

const fewKeys = 16;

/** JSON with sorted keys and without undefined members: equal values give equal text. */
export function canonicalJson(value: Json | undefined): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  let text = '';
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1) text += index === 0 ? canonicalJson(value[index] as Json) : `,${canonicalJson(value[index] as Json)}`;
    return `[${text}]`;
  }
  const object = value as { readonly [key: string]: Json | undefined };
  for (const key of sorted(Object.keys(object))) {
    const member = object[key];
    if (member !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${canonicalJson(member)}`;
  }
  return `{${text}}`;
}

/** Few keys put in order one by one cost less than the room that a sort takes. */
function sorted(keys: string[]): readonly string[] {
  if (keys.length > fewKeys) return keys.sort();
  for (let index = 1; index < keys.length; index += 1) {
    const key = keys[index]!;
    let at = index;
    for (; at > 0 && keys[at - 1]! > key; at -= 1) keys[at] = keys[at - 1]!;
    keys[at] = key;
  }
  return keys;
}
