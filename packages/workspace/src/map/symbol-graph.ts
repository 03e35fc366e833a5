import { wordsOf } from './focus.ts';
import type { Focus } from './focus.ts';
import { pageRank } from './page-rank.ts';
import { resolveImports } from './resolve-imports.ts';
import type { Definition, SourceSymbols } from './declarations.ts';

export interface SourceFile {
  /** Relative, with `/`. */
  readonly file: string;
  readonly symbols: SourceSymbols;
}

export interface RankedFile {
  readonly file: string;
  readonly rank: number;
  readonly definitions: readonly (Definition & { readonly rank: number })[];
  /** Files that name what this one declares, the highest rank first. */
  readonly usedBy: readonly string[];
}

/** Weight of an edge from a file to what it declares itself. */
const own = { outer: 0.5, inner: 0.1 } as const;
/** A name that more files declare says nothing about which of them is meant. */
const mostDeclared = 30;
const focusOn = { file: 10, name: 5, word: 1 } as const;

/**
 * Files and their declarations as one graph: a file leads to what it names and what it declares, a declaration to its
 * file. A name that many files declare counts for each of them accordingly less. Equal files give equal ranks, in
 * whichever order they come.
 */
export function rankSymbols(sources: readonly SourceFile[], focus: Focus): readonly RankedFile[] {
  const files = sources.toSorted((left, right) => (left.file < right.file ? -1 : left.file > right.file ? 1 : 0));
  const definitions = files.flatMap(({ symbols }, file) => symbols.definitions.map((definition) => ({ definition, file })));
  const byName = new Map<string, number[]>();
  for (const [index, { definition }] of definitions.entries()) add(byName, definition.name, index);

  const edges: { from: number; to: number; weight: number }[] = [];
  const usedBy = files.map(() => new Set<number>());
  const fileOf = new Map(files.map(({ file }, index) => [file, index]));
  for (const [from, { file, symbols }] of files.entries()) {
    const imported = symbols.imports === undefined ? undefined : new Set(resolveImports(file, symbols.imports.specifiers, fileOf));
    const declaredHere = new Set(symbols.definitions.map(({ name }) => name));
    for (const [name, count] of [...symbols.references].sort(([left], [right]) => (left < right ? -1 : 1))) {
      if (declaredHere.has(name)) continue;
      const declared = meant(byName.get(name) ?? [], (index) => definitions[index] as Declared, { imported, isImported: symbols.imports?.names.has(name) === true });
      if (declared.length > mostDeclared) continue;
      for (const index of declared) {
        const { definition, file: to } = definitions[index] as Declared;
        edges.push({ from, to: files.length + index, weight: (Math.sqrt(count) * importance(definition)) / declared.length });
        if (definition.isOuter) usedBy[to]?.add(from);
      }
    }
  }
  for (const [index, { definition, file }] of definitions.entries()) {
    edges.push({ from: file, to: files.length + index, weight: definition.isOuter ? own.outer : own.inner });
    edges.push({ from: files.length + index, to: file, weight: 1 });
  }
  const ranks = pageRank({ size: files.length + definitions.length, edges, personalisation: personalise(files, definitions.map(({ definition }) => definition), focus) });
  const rankOf = (node: number): number => ranks[node] ?? 0;
  let next = files.length;
  return files.map(({ file, symbols }, index) => ({
    file,
    rank: rankOf(index),
    definitions: symbols.definitions.map((definition) => ({ ...definition, rank: rankOf(next++) })),
    usedBy: [...(usedBy[index] ?? [])].sort((left, right) => rankOf(right) - rankOf(left) || left - right).map((user) => files[user]?.file ?? ''),
  }));
}

interface Declared {
  readonly definition: Definition;
  /** Index of its file. */
  readonly file: number;
}

/**
 * Which of the declarations of a name a file means: where imports are known, those of a file that it imports, else, for
 * a name that it imports from somewhere, or a member's name that few have, all.
 */
function meant(declared: readonly number[], at: (index: number) => Declared, { imported, isImported }: { readonly imported: ReadonlySet<number> | undefined; readonly isImported: boolean }): readonly number[] {
  if (imported === undefined) return declared;
  const direct = declared.filter((index) => imported.has(at(index).file));
  if (direct.length > 0) return direct;
  const outer = declared.filter((index) => at(index).definition.isOuter);
  if (isImported) return outer;
  return outer.length === 0 && declared.length <= 2 ? declared : [];
}

/** Members and private names are named by chance more often. */
function importance({ name, isOuter }: Definition): number {
  return (isOuter ? 1 : 0.2) * (name.startsWith('_') || name.length < 4 ? 0.3 : 1);
}

/** Each file, name and word of the focus gives its weight to what it fits, in equal parts. */
function personalise(files: readonly SourceFile[], definitions: readonly Definition[], focus: Focus): readonly number[] {
  const weights = new Array<number>(files.length + definitions.length).fill(0);
  const share = (nodes: readonly number[], weight: number): void => {
    for (const node of nodes) weights[node] = (weights[node] ?? 0) + weight / nodes.length;
  };
  const byWord = new Map<string, number[]>();
  const byName = new Map<string, number[]>();
  for (const [node, { file }] of files.entries()) for (const word of new Set(wordsOf(file))) add(byWord, word, node);
  for (const [index, { name }] of definitions.entries()) {
    add(byName, name, files.length + index);
    for (const word of new Set(wordsOf(name))) add(byWord, word, files.length + index);
  }
  for (const path of [...focus.files].sort()) share(files.flatMap(({ file }, node) => (file === path || file.endsWith(`/${path}`) ? [node] : [])), focusOn.file);
  for (const name of [...focus.names].sort()) share(byName.get(name) ?? [], focusOn.name);
  for (const word of [...focus.words].sort()) share(byWord.get(word) ?? [], focusOn.word);
  return weights;
}

function add(index: Map<string, number[]>, key: string, node: number): void {
  const nodes = index.get(key);
  if (nodes === undefined) index.set(key, [node]);
  else nodes.push(node);
}
