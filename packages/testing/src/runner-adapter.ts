import type { ParsedResults } from './parsed-results.ts';
import type { ResultFolder } from './result-folder.ts';
import { quoteWord } from './shell-words.ts';
import type { Word } from './shell-words.ts';
import type { CoverageOutcome, TestKind } from './test-report.ts';
import { isLauncher } from './test-script.ts';
import type { ScriptCommand } from './test-script.ts';

/** What is asked of one command of a test script. */
export interface CommandRequest {
  /** Folder of the workspace. */
  readonly root: string;
  /** Folder that the command runs in. */
  readonly directory: string;
  readonly folder: ResultFolder;
  readonly coverage: boolean;
  readonly files: readonly string[];
  readonly names: readonly string[];
  readonly kind: TestKind;
}

interface BuiltCommand {
  readonly command: readonly string[];
  readonly env: { readonly [name: string]: string };
  readonly stdin?: string;
  /** Folders outside the workspace that it may read. */
  readonly readable?: readonly string[];
}

export interface CommandResults {
  readonly parsed: ParsedResults;
  readonly digests: { readonly [file: string]: string };
  readonly coverage?: CoverageOutcome;
}

/** How results are got out of one test runner. */
export interface RunnerAdapter {
  /** npm packages whose versions belong to the evidence. */
  readonly packages: readonly string[];
  build(command: ScriptCommand, request: CommandRequest): Promise<BuiltCommand>;
  read(request: CommandRequest): Promise<CommandResults>;
  /** How to ask the runner which files it takes for tests; `{list}` stands for the file that it writes them to. */
  list?(command: ScriptCommand, request: CommandRequest): Promise<BuiltCommand>;
  /** Reads that file. */
  parseList?(text: string, root: string): readonly ListedFile[];
}

/** A test file as its runner names it. */
export interface ListedFile {
  readonly file: string;
  readonly project: string;
}

/** The project's words without the options in `drop`, and without its file arguments when other files are asked for. */
export function keepWords(words: readonly Word[], options: { readonly drop: RegExp; readonly withValue: readonly string[]; readonly keepFiles: boolean; readonly subcommands: readonly string[] }): readonly Word[] {
  const kept: Word[] = [];
  let dropValue = false;
  let takeValue = false;
  for (const word of words) {
    const isOption = word.value.startsWith('-');
    if (takeValue && !isOption) {
      if (!dropValue) kept.push(word);
      takeValue = false;
      continue;
    }
    takeValue = isOption && options.withValue.includes(word.value);
    dropValue = isOption && options.drop.test(word.value);
    if (dropValue || (!isOption && !options.keepFiles && !options.subcommands.includes(word.value))) continue;
    kept.push(word);
  }
  return kept;
}

/** The words that start the runner, and those that are for it. */
export function splitLauncher(words: readonly Word[], runner: string): readonly [start: readonly Word[], rest: readonly Word[]] {
  const at = words.findIndex((word) => isLauncher(word.value, runner));
  return at <= 0 ? [words.slice(0, 1), words.slice(1)] : [words.slice(0, at + 1), words.slice(at + 1)];
}

/** The names of several runners as one. */
export function joinNames(names: readonly string[]): string {
  return [...new Set(names.flatMap((name) => name.split('+')))].sort().join('+');
}

/** An argument of ours, as a word. */
export function toWord(value: string): Word {
  return { raw: quoteWord(value), value, plain: true };
}

/** An argument list; through a shell only when the project's own words need one. */
export function toCommand(words: readonly Word[]): readonly string[] {
  if (words.every((word) => word.plain)) return words.map((word) => word.value);
  return ['sh', '-c', words.map((word) => word.raw).join(' ')];
}

/** A pattern that finds any of the names as they are. */
export function namePattern(names: readonly string[]): string {
  return names.map((name) => name.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')).join('|');
}
