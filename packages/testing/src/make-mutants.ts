import { join } from 'node:path';
import type { TaskWorkspace } from '@fw/agents-core';
import type { z } from 'zod';
import { withZod } from '@fw/agents-core/with-zod';
import { clip, clipStart } from './clip.ts';
import type { Mutant } from './mutation-results.ts';
import { readableFor } from './optional-peer.ts';
import type { OptionalPeer } from './optional-peer.ts';
import { parseJson } from './parse-json.ts';
import { addScript } from './reporter-tool.ts';
import { createResultFolder } from './result-folder.ts';

export interface MadeMutant extends Mutant {
  /** The text that takes the place of the characters in between. */
  readonly edit: { readonly from: number; readonly to: number; readonly text: string };
}

export interface MadeMutants {
  readonly mutants: readonly MadeMutant[];
  /** Those over the limit. */
  readonly left: number;
  /** Files that Stryker could not read. */
  readonly unread: readonly string[];
}

export interface MutableFile {
  readonly file: string;
  readonly content: string;
  /** Numbers of the lines that may be mutated, ascending. */
  readonly lines: readonly number[];
}

const maxMutants = 1_000;

/** Has Stryker's instrumenter say, in the sandbox, which mutants there are on these lines; or says why it cannot. */
export async function makeMutants(workspace: TaskWorkspace, peer: OptionalPeer, files: readonly MutableFile[], options: { readonly exclude: readonly string[]; readonly signal?: AbortSignal | undefined }): Promise<MadeMutants | string> {
  const folder = await createResultFolder();
  try {
    const script = await addScript(folder, 'mutant-maker');
    const asked = { exclude: options.exclude, files: files.map(({ file, content, lines }) => ({ file, content, ranges: toRanges(lines) })) };
    const result = await workspace.run(['node', script, peer.folder, join(folder.path, 'mutants.json')], {
      stdin: JSON.stringify(asked), writable: [folder.path], readable: [folder.tools, ...readableFor(peer)], timeoutMs: 120_000, maxOutput: 10_000, ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    options.signal?.throwIfAborted();
    const written = await folder.read('mutants.json');
    const made = written.status === 'read' ? madeSchema.safeParse(parseJson(written.text)).data : undefined;
    if (made === undefined) return `Stryker's instrumenter ended with exit code ${result.exitCode}: ${clipStart(result.output.trim(), 1_000)}`;
    return toMutants(files, made);
  } finally {
    await folder.remove();
  }
}

const placeSchema = withZod((z) => z.object({ line: z.number().int().min(0), column: z.number().int().min(0) }));
const madeSchema = withZod((z) => z.array(z.object({ file: z.string(), error: z.string().optional(), mutants: z.array(z.object({ mutator: z.string().max(100), replacement: z.string(), start: placeSchema, end: placeSchema })).default([]) })));

/** In turns over the lines, so that what is left when the time is over is not all in one place. */
function toMutants(files: readonly MutableFile[], made: z.infer<typeof madeSchema>): MadeMutants {
  const turns = new Map<string, number>();
  const all = made.flatMap(({ file, mutants }) => {
    const content = files.find((one) => one.file === file)?.content ?? '';
    const starts = lineStarts(content);
    return mutants.map(({ mutator, replacement, start, end }) => {
      const place = `${file}:${start.line}`;
      const turn = turns.get(place) ?? 0;
      turns.set(place, turn + 1);
      return { file, content, mutator, replacement, line: start.line + 1, column: start.column + 1, from: (starts[start.line] ?? 0) + start.column, to: (starts[end.line] ?? 0) + end.column, turn };
    });
  }).sort((left, right) => left.turn - right.turn);
  const mutants = all.slice(0, maxMutants).map(({ file, content, mutator, replacement, line, column, from, to }): MadeMutant => {
    const text = needsBrackets(mutator, replacement, content.slice(Math.max(0, from - 200), from)) ? `(${replacement})` : replacement;
    return { file, line, column, mutator, original: clip(content.slice(from, to), 200), replacement: clip(replacement, 200), edit: { from, to, text } };
  });
  return { mutants, left: all.length - mutants.length, unread: made.filter(({ error }) => error !== undefined).map(({ file }) => file) };
}

/** What binds looser than what it replaces; not at the start of a line, where it would be taken for a call. */
function needsBrackets(mutator: string, replacement: string, before: string): boolean {
  return ['LogicalOperator', 'BooleanLiteral', 'MethodExpression'].includes(mutator) && !/^[\w$.]*$/.test(replacement) && /\S[^\S\n]*$/.test(before);
}

function lineStarts(text: string): readonly number[] {
  return [0, ...[...text.matchAll(/\r\n|[\n\r\u2028\u2029]/g)].map((match) => match.index + match[0].length)];
}

function toRanges(lines: readonly number[]): readonly { readonly from: number; readonly to: number }[] {
  const ranges: { from: number; to: number }[] = [];
  for (const line of lines) {
    const last = ranges.at(-1);
    if (last?.to === line - 1) last.to = line;
    else ranges.push({ from: line, to: line });
  }
  return ranges;
}
