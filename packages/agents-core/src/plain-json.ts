import type { Json } from '@fw/models';

const deepest = 200;
const mostNodes = 200_000;

/**
 * A copy of a value that has to be plain JSON. Each member is read once, so what is checked is what is kept, also
 * when the value belongs to a stranger and has getters.
 * @throws TypeError naming the place that is not JSON.
 */
export function copyJson(value: unknown, name: string): Json {
  let nodes = 0;
  const copy = (item: unknown, place: string, depth: number): Json => {
    if (++nodes > mostNodes) throw new TypeError(`${name} has more than ${mostNodes} values`);
    if (item === null || typeof item === 'string' || typeof item === 'boolean') return item;
    if (typeof item === 'number' && Number.isFinite(item)) return item;
    if (typeof item !== 'object') throw new TypeError(`${place} is ${typeof item === 'number' ? item : typeof item}, which JSON has not`);
    if (depth === deepest) throw new TypeError(`${place} is nested more than ${deepest} deep or contains itself`);
    if (Array.isArray(item)) return Array.from(item, (member, index) => copy(member, `${place}[${index}]`, depth + 1));
    if (!isPlain(item)) throw new TypeError(`${place} is not a plain object`);
    const members: { [key: string]: Json } = {};
    for (const [key, member] of Object.entries(item)) {
      // Assigning to `__proto__` would set the prototype.
      if (member !== undefined) Object.defineProperty(members, key, { value: copy(member, `${place}.${key}`, depth + 1), enumerable: true, writable: true, configurable: true });
    }
    return members;
  };
  return copy(value, name, 0);
}

/** Also of another realm, such as a vm's or a test runner's. */
function isPlain(item: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(item);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
