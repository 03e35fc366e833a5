import type { AST } from '@eslint-community/regexpp';
import { loadRegexpp } from '../../parser-modules.ts';

/** A regular expression as its characters and which may follow which, by how many different ways (at most 2). */
export interface Positions {
  /** For each position, the letters it takes, as bits of indices into `letters`. */
  readonly takes: readonly bigint[];
  /** Places where a match can go on after a position; the last index stands for the beginning. */
  readonly follows: readonly ReadonlyMap<number, number>[];
  /** `free`: the match is complete after it; `end`: it is where the text ends. */
  readonly accepts: readonly ('free' | 'end' | undefined)[];
  readonly letters: readonly string[];
  /** It can begin at the start of the text only. */
  readonly isAnchored: boolean;
}

const maxPositions = 160;
const maxCopies = 3;
const maxExact = 8;
const defaults = ['a', 'Z', '0', '_', ' ', '\n', '\t', '-', '.', '/', '!', '~', ':', '"', 'é', '一'];

interface Graph {
  readonly edges: number[][];
  readonly leaves: { readonly node: number; readonly next: number; readonly raw: string }[];
  /** Nodes at which the text has to end. */
  readonly ends: Set<number>;
  readonly starts: Set<number>;
}

/** Undefined when it cannot be read, or is too long to be looked at. */
export function readPositions(source: string, flags: string): Positions | undefined {
  if (source.length > 2_000) return undefined;
  try {
    const isUnicode = flags.includes('u');
    const isSets = flags.includes('v');
    const pattern = new (loadRegexpp().RegExpParser)({ ecmaVersion: 2025 }).parsePattern(source, 0, source.length, { unicode: isUnicode, unicodeSets: isSets });
    const graph: Graph = { edges: [[]], leaves: [], ends: new Set(), starts: new Set() };
    const last = alternatives(graph, pattern.alternatives, 0);
    if (graph.leaves.length > maxPositions) return undefined;
    return connect(graph, last, flags, bounds(pattern));
  } catch {
    return undefined;
  }
}

function node(graph: Graph): number {
  graph.edges.push([]);
  return graph.edges.length - 1;
}

function edge(graph: Graph, left: number, right: number): void {
  graph.edges[left]?.push(right);
}

function alternatives(graph: Graph, given: readonly AST.Alternative[], begin: number): number {
  if (given.length === 1 && given[0] !== undefined) return sequence(graph, given[0].elements, begin);
  const end = node(graph);
  for (const alternative of given) {
    const start = node(graph);
    edge(graph, begin, start);
    edge(graph, sequence(graph, alternative.elements, start), end);
  }
  return end;
}

function sequence(graph: Graph, elements: readonly AST.Element[], begin: number): number {
  return elements.reduce((at, element) => build(graph, element, at), begin);
}

function build(graph: Graph, element: AST.Element, begin: number): number {
  if (graph.leaves.length > maxPositions) throw new RangeError('too long');
  switch (element.type) {
    case 'Character':
    case 'CharacterSet':
    case 'CharacterClass':
    case 'ExpressionCharacterClass': {
      const next = node(graph);
      graph.leaves.push({ node: begin, next, raw: element.raw });
      return next;
    }
    case 'Group':
    case 'CapturingGroup':
      return alternatives(graph, element.alternatives, begin);
    case 'Quantifier':
      return repeat(graph, element, begin);
    case 'Assertion': {
      const next = node(graph);
      edge(graph, begin, next);
      if (element.kind === 'end') graph.ends.add(next);
      if (element.kind === 'start') graph.starts.add(next);
      return next;
    }
    case 'Backreference':
      return begin;
  }
}

function repeat(graph: Graph, { element, min, max }: AST.Quantifier, begin: number): number {
  let at = begin;
  const fixed = Math.min(min, max === Number.POSITIVE_INFINITY ? maxCopies : maxExact);
  for (let count = 0; count < fixed; count += 1) at = build(graph, element, at);
  if (max === Number.POSITIVE_INFINITY) {
    const loop = node(graph);
    edge(graph, at, loop);
    const start = node(graph);
    edge(graph, loop, start);
    edge(graph, build(graph, element, start), loop);
    const out = node(graph);
    edge(graph, loop, out);
    return out;
  }
  if (max === min) return at;
  // `x{0,3}` is `(x(x(x)?)?)?`: to leave one out is to leave out the rest.
  const out = node(graph);
  for (let count = 0; count < Math.min(max - min, maxCopies); count += 1) {
    edge(graph, at, out);
    at = build(graph, element, at);
  }
  edge(graph, at, out);
  return out;
}

/** From character to character, over all ways without one between them; each edge at most once a way. */
function connect(graph: Graph, last: number, flags: string, boundaries: readonly string[]): Positions {
  const { letters, takes } = alphabet(graph, flags, boundaries);
  const at = new Map<number, number[]>();
  graph.leaves.forEach((leaf, index) => at.set(leaf.node, [...(at.get(leaf.node) ?? []), index]));
  const follows: Map<number, number>[] = [];
  const accepts: ('free' | 'end' | undefined)[] = [];
  let isAnchored = true;
  for (const begin of [...graph.leaves.map((leaf) => leaf.next), 0]) {
    const found = new Map<number, number>();
    let accept: 'free' | 'end' | undefined;
    let steps = 0;
    const used = new Set<string>();
    const walk = (here: number, mustEnd: boolean, isStarted: boolean): void => {
      steps += 1;
      if (steps > 3_000) return;
      const ending = mustEnd || graph.ends.has(here);
      const started = isStarted || graph.starts.has(here);
      if (here === last) accept = ending && accept !== 'free' ? 'end' : 'free';
      if (!ending) {
        for (const index of at.get(here) ?? []) {
          found.set(index, Math.min(2, (found.get(index) ?? 0) + 1));
          if (begin === 0 && !started) isAnchored = false;
        }
      }
      for (const next of graph.edges[here] ?? []) {
        const key = `${here}>${next}`;
        if (used.has(key)) continue;
        used.add(key);
        walk(next, ending, started);
        used.delete(key);
      }
    };
    walk(begin, false, false);
    follows.push(found);
    accepts.push(accept);
  }
  return { takes, follows, accepts, letters, isAnchored: isAnchored || flags.includes('y') };
}

/** One letter for each set of letters that the expression treats alike. */
function alphabet(graph: Graph, flags: string, boundaries: readonly string[]): Pick<Positions, 'letters' | 'takes'> {
  const raws = [...new Set(graph.leaves.map((leaf) => leaf.raw))];
  const kept = flags.replace(/[gydm]/g, '');
  const tests = raws.map((raw) => new RegExp(`^(?:${raw})$`, kept));
  const letters: string[] = [];
  const seen = new Set<string>();
  const rows: boolean[][] = [];
  for (const letter of [...boundaries, ...defaults]) {
    const row = tests.map((test) => test.test(letter));
    const key = row.map(Number).join('');
    if (seen.has(key) || !row.includes(true) && seen.has('none')) continue;
    seen.add(key);
    letters.push(letter);
    rows.push(row);
  }
  const bits = new Map(raws.map((raw, column) => [raw, rows.reduce((all, row, index) => (row[column] === true ? all | (1n << BigInt(index)) : all), 0n)]));
  return { letters, takes: graph.leaves.map((leaf) => bits.get(leaf.raw) ?? 0n) };
}

/** The letters at the edges of what its classes hold. */
function bounds(pattern: AST.Pattern): readonly string[] {
  const points = new Set<number>();
  const pending: unknown[] = [pattern];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const one = next as { readonly type: string; readonly value?: number; readonly min?: { readonly value: number }; readonly max?: { readonly value: number }; readonly alternatives?: readonly unknown[]; readonly elements?: readonly unknown[]; readonly element?: unknown };
    if (one.type === 'Character' && one.value !== undefined) points.add(one.value);
    if (one.type === 'CharacterClassRange' && one.min !== undefined && one.max !== undefined) for (const point of [one.min.value, one.max.value, one.min.value - 1, one.max.value + 1]) points.add(point);
    pending.push(...(one.alternatives ?? []), ...(one.elements ?? []), ...(one.element === undefined ? [] : [one.element]));
  }
  return [...points].filter((point) => point >= 0 && point <= 0x10_ff_ff && !(point >= 0xd8_00 && point <= 0xdf_ff)).slice(0, 200).map((point) => String.fromCodePoint(point));
}
