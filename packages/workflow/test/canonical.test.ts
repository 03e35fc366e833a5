import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson, canonicalOf } from '../src/canonical.ts';
import { isSmall } from '../src/large-output.ts';
import { plainJson } from '../src/plain-json.ts';

const anything = fc.anything({ withDate: true, withBigInt: true, withNullPrototype: true, withObjectString: true, withSparseArray: true, withTypedArray: true, withMap: true, withBoxedValues: true });

describe('what JSON keeps of a value', () => {
  test('is what its text would give back', () => {
    fc.assert(fc.property(anything, (value) => {
      const copy = plainJson(value);
      const parsed = throughText(value);
      expect(isDeepStrictEqual(copy, parsed)).toBe(true);
      expect(JSON.stringify(copy)).toBe(JSON.stringify(parsed));
    }), { numRuns: 2_000 });
  });

  test('has the canonical text of its copy, without one being made', () => {
    fc.assert(fc.property(anything, (value) => {
      const parsed = throughText(value);
      expect(canonicalOf(value)).toBe(parsed === undefined ? undefined : canonicalJson(parsed as null));
    }), { numRuns: 2_000 });
  });

  test('is nothing for a value that contains itself, and holds a key that would set a prototype', () => {
    const circle: { self?: unknown } = {};
    circle.self = circle;
    expect([plainJson(circle), canonicalOf(circle)]).toEqual([undefined, undefined]);
    const tricky: unknown = JSON.parse('{"__proto__":{"a":1},"b":[-0,"\\ud800"]}');
    expect(JSON.stringify(plainJson(tricky))).toBe('{"__proto__":{"a":1},"b":[0,"\\ud800"]}');
    expect(canonicalOf(tricky)).toBe('{"__proto__":{"a":1},"b":[0,"\\ud800"]}');
  });

  test('is small exactly up to the length of its text', () => {
    for (const characters of [10, 65_526, 65_527, 65_528, 65_529]) {
      const value = { text: 'x'.repeat(characters) };
      expect(isSmall(value), String(characters)).toBe(JSON.stringify(value).length <= 64 * 1024);
    }
    expect(isSmall(Array.from({ length: 32_767 }, () => 1))).toBe(true);
    expect(isSmall(Array.from({ length: 32_768 }, () => 1))).toBe(false);
  });
});

function throughText(value: unknown): unknown {
  try {
    const text = JSON.stringify(value) as string | undefined;
    return text === undefined ? undefined : (JSON.parse(text) as unknown);
  } catch {
    return undefined;
  }
}
