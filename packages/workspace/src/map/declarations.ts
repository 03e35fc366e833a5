/** What one source file declares and what it names. */
export interface SourceSymbols {
  readonly definitions: readonly Definition[];
  /** How often each name stands in the file, its declarations left out. */
  readonly references: ReadonlyMap<string, number>;
  /** Where its names come from; absent for languages in which the map does not follow imports. */
  readonly imports?: Imports;
}

export interface Imports {
  /** As they are written, e.g. `./price.ts`. */
  readonly specifiers: readonly string[];
  readonly names: ReadonlySet<string>;
}

export interface Definition {
  readonly name: string;
  /** 1-based. */
  readonly line: number;
  /** The line that declares it, trimmed and cut. */
  readonly text: string;
  /** Not a member of something else. */
  readonly isOuter: boolean;
}

/** Names of a file that are counted; what a file of data has beyond it says nothing. */
export const mostNames = 3_000;

/** Declarations of a file that are kept. */
export const mostDefinitions = 1_000;

/** The text of a declaration as the map shows it: without what long strings say, which is no structure and may be a secret. */
export function declarationText(line: string): string {
  const text = line.slice(0, 400).trim().replaceAll(/(["'`])(?:(?!\1).){13,}(?:\1|$)/g, '$1…$1').replace(/\s*[{:=([]?\s*$/, '');
  return text.length > 110 ? `${text.slice(0, 109).toWellFormed()}…` : text;
}
