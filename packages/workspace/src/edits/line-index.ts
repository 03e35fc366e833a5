import type { TextLine } from './text-lines.ts';

/** Where lines may stand in a text, without comparing every line with every other. */
export interface LineIndex {
  /** Indices at which all of `old` could begin: its rarest line stands there. In rising order; to be verified. */
  candidates(old: readonly string[], key: (line: string) => string): readonly number[];
}

export function createLineIndex(lines: readonly TextLine[]): LineIndex {
  const known = new Map<(line: string) => string, ReadonlyMap<string, readonly number[]>>();

  function placesBy(key: (line: string) => string): ReadonlyMap<string, readonly number[]> {
    const before = known.get(key);
    if (before !== undefined) return before;
    const places = new Map<string, number[]>();
    for (const [index, { content }] of lines.entries()) {
      const name = key(content);
      const there = places.get(name);
      if (there === undefined) places.set(name, [index]);
      else there.push(index);
    }
    known.set(key, places);
    return places;
  }

  return {
    candidates(old, key) {
      const places = placesBy(key);
      let rarest: readonly number[] | undefined;
      let offset = 0;
      for (const [index, line] of old.entries()) {
        const there = places.get(key(line));
        if (there === undefined) return [];
        if (rarest === undefined || there.length < rarest.length) [rarest, offset] = [there, index];
      }
      return (rarest ?? []).map((place) => place - offset).filter((first) => first >= 0 && first + old.length <= lines.length);
    },
  };
}
