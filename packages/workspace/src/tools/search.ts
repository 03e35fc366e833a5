import type { TaskWorkspace, Tool, ToolOutput } from '@fw/agents-core';
import { defineTool, outputScheme } from '@fw/agents-core';
import type { z } from 'zod';
import { withZod } from '@fw/agents-core/with-zod';
import { answer, refuse } from './answer.ts';
import { answerLines } from './answer-lines.ts';
import { pathText, plainText } from './input-text.ts';
import type { OutputStore } from './output-store.ts';
import { neverSearched, ripgrep, searchedPath } from './ripgrep.ts';
import type { RipgrepAnswer } from './ripgrep.ts';
import { createHitParser } from './search-hit.ts';
import type { Hit } from './search-hit.ts';

const input = withZod((z) => z.strictObject({
  pattern: plainText(1_000).describe('Regular expression (Rust syntax); with literal, plain text'),
  path: pathText().default('.').describe('File or folder, relative to the workspace, or output://…'),
  glob: plainText(1_000).optional().describe('Only files that match, e.g. *.ts'),
  literal: z.boolean().default(false),
  case: z.boolean().default(true).describe('False: upper and lower case are the same'),
  context: z.int().min(0).max(5).default(0).describe('Lines before and after each match'),
  output: z.enum(['lines', 'files', 'count']).default('lines'),
  limit: z.int().min(1).max(500).default(100),
  offset: z.int().min(0).default(0),
}));
type SearchInput = z.infer<typeof input>;

const maxMatches = 20_000;
const maxCharacters = 16_000_000;

export function searchTool(workspace: TaskWorkspace, outputs: OutputStore): Tool {
  return defineTool({
    name: 'search',
    description:
      'Searches the text of all files that are not ignored. Answers path:line:text; lines of context are marked with - instead of :.',
    effect: 'pure',
    input,
    run: (request, step) =>
      answer(step, async () => {
        const isOutput = request.path.startsWith(outputScheme);
        const text = isOutput ? await outputs.read(request.path) : undefined;
        if (isOutput && text === undefined) return refuse('not_found', `${request.path} is no output that was kept.`);
        const target = isOutput ? '-' : await searchedPath(workspace.root, request.path);
        if (target === undefined) return refuse('not_found', `"${request.path}" is no file or folder of the workspace.`);
        const find = (literal: boolean): Promise<Collected> => collect(workspace.root, { ...request, literal }, { path: target, ...(text === undefined ? {} : { text }) }, step.signal);
        const found = await find(request.literal);
        if (!/regex parse error/.test(found.answer.error)) return describe(found, request, '', outputs);
        return describe(await find(true), request, 'The pattern is not a valid regular expression and was searched as plain text.\n', outputs);
      }),
  });
}

interface Collected {
  readonly answer: RipgrepAnswer;
  /** Matches and lines of context, in order. */
  readonly hits: readonly Hit[];
  readonly matches: number;
}

async function collect(root: string, request: SearchInput, { path, text }: { readonly path: string; readonly text?: string }, signal: AbortSignal): Promise<Collected> {
  const hits: Hit[] = [];
  let matches = 0;
  let size = 0;
  const parse = createHitParser(text === undefined ? undefined : () => request.path);
  const args = [
    '--null',
    '--line-number',
    '--with-filename',
    '--no-heading',
    '--color=never',
    '--no-context-separator',
    '--max-filesize=20M',
    // Ripgrep takes linear time in what it searches; this bounds what a pattern itself may take.
    '--regex-size-limit=10M',
    request.case ? '--case-sensitive' : '--ignore-case',
    ...(request.literal ? ['--fixed-strings'] : []),
    ...(request.output === 'lines' && request.context > 0 ? [`--context=${request.context}`] : []),
    ...(request.glob === undefined || text !== undefined ? [] : ['--glob', request.glob]),
    ...(text === undefined ? neverSearched : []),
    '-e',
    request.pattern,
    '--',
    path,
  ];
  const result = await ripgrep(root, args, {
    signal,
    separator: '\n',
    ...(text === undefined ? {} : { stdin: text }),
    onRecord(record) {
      const hit = parse(record);
      if (hit === undefined) return true;
      hits.push(hit);
      size += hit.line.length;
      if (hit.type === 'match') matches += 1;
      return matches < maxMatches && size < maxCharacters;
    },
  });
  return { answer: result, hits, matches };
}

function describe(found: Collected, request: SearchInput, note: string, outputs: OutputStore): ToolOutput | Promise<ToolOutput> {
  const { answer: ended, matches } = found;
  if (ended.exitCode === 2 && matches === 0) {
    return refuse('invalid_input', `The search failed: ${ended.error.trim()}`);
  }
  if (ended.stopped === 'time' && matches === 0) return refuse('timeout', 'The search found nothing within 30 seconds and was stopped. Narrow path or glob.');
  const where = request.path.startsWith(outputScheme) ? request.path : `"${request.path}"`;
  const files = new Map<string, number>();
  for (const hit of found.hits) if (hit.type === 'match') files.set(hit.file, (files.get(hit.file) ?? 0) + 1);
  const meta = { matches, files: files.size };
  if (matches === 0) return { ok: true, text: `${note}No matches for ${JSON.stringify(request.pattern)} in ${where}.`, meta };
  const ofLines = request.output === 'lines';
  const entries = [...files].map(([file, count]) => (request.output === 'count' ? `${file}: ${count}` : file));
  const all = ofLines ? found.hits.map(({ line }) => line) : entries;
  const total = ofLines ? matches : entries.length;
  const unit = ofLines ? ('matches' as const) : ('entries' as const);
  const why = ended.stopped === 'time' ? 'stopped after 30 seconds' : `stopped at ${matches} matches`;
  const more = ended.stopped === undefined ? '' : ` or more (${why})`;
  if (request.offset >= total) return { ok: true, text: `${note}Nothing from offset ${request.offset} on: there are ${total} ${unit}${more}.`, meta };
  const asked = ofLines ? hitsBetween(found.hits, request.offset, request.offset + request.limit) : undefined;
  return answerLines({
    outputs,
    // What was not searched to its end is not all there is.
    head: note + (ended.stopped === undefined ? '' : `[Not everything was searched: ${why}.]\n`),
    lines: asked?.map(({ line }) => line) ?? entries.slice(request.offset, request.offset + request.limit),
    total,
    unit,
    ...(asked === undefined ? {} : { count: (lines: number) => asked.slice(0, lines).filter(({ type }) => type === 'match').length }),
    full: () => `${all.join('\n')}\n`,
    more(shown) {
      const end = request.offset + shown;
      const next = end < total ? ` Call search with offset ${end} for the next, or narrow path, glob or pattern.` : '';
      return `${request.offset + 1} to ${end} of ${total} ${unit}${more}.${next}`;
    },
    meta,
  });
}

/** Matches `from` to `to` with the lines of context that stand before and after them. */
function hitsBetween(hits: readonly Hit[], from: number, to: number): readonly Hit[] {
  const total = hits.filter(({ type }) => type === 'match').length;
  let match = 0;
  return hits.filter((hit) => {
    const number = hit.type === 'match' ? (match += 1) : match + 1;
    return number > from && (number <= to || to >= total);
  });
}
