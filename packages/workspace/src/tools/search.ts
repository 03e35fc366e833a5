import type { TaskWorkspace, Tool, ToolOutput } from '@fw/agents-core';
import { defineTool } from '@fw/agents-core';
import { z } from 'zod';
import { relativePath, resolveInside } from '../workspace-path.ts';
import { answer, caps, fitLines, refuse } from './answer.ts';
import { type Outputs, outputScheme } from './outputs.ts';
import { type Hit, parseHit } from './search-hit.ts';
import { neverSearched, ripgrep, type RipgrepAnswer, searchedPath } from './ripgrep.ts';

const input = z.strictObject({
  pattern: z.string().min(1).max(1_000).describe('Regular expression (Rust syntax); with literal, plain text'),
  path: z.string().default('.').describe('File or folder, relative to the workspace, or output://…'),
  glob: z.string().min(1).optional().describe('Only files that match, e.g. *.ts'),
  literal: z.boolean().default(false),
  case: z.boolean().default(true).describe('False: upper and lower case are the same'),
  context: z.int().min(0).max(5).default(0).describe('Lines before and after each match'),
  output: z.enum(['lines', 'files', 'count']).default('lines'),
  limit: z.int().min(1).max(500).default(100),
  offset: z.int().min(0).default(0),
});
type SearchInput = z.infer<typeof input>;

const maxMatches = 20_000;

export function searchTool(workspace: TaskWorkspace, outputs: Outputs): Tool {
  return defineTool({
    name: 'search',
    description:
      'Searches the text of all files that are not ignored. Answers path:line:text; lines of context are marked with - instead of :.',
    effect: 'pure',
    input,
    run: (request, step) =>
      answer(step, async () => {
        const output = request.path.startsWith(outputScheme) ? outputs.place(request.path) : undefined;
        if (output === undefined) {
          if (request.path.startsWith(outputScheme)) return refuse('not_found', `${request.path} is no output that was kept.`);
          await resolveInside(workspace.root, request.path);
        }
        const find = (literal: boolean): Promise<Collected> => collect(output?.folder ?? workspace.root, { ...request, literal, path: output?.name ?? request.path }, step.signal);
        const shown = (found: Collected): Collected => (output === undefined ? found : { ...found, hits: found.hits.map((hit) => ({ ...hit, file: request.path })) });
        const first = await find(request.literal);
        if (!/regex parse error/.test(first.answer.error)) return describe(shown(first), request, '');
        return describe(shown(await find(true)), request, 'The pattern is not a valid regular expression and was searched as plain text.\n');
      }),
  });
}

interface Collected {
  readonly answer: RipgrepAnswer;
  /** Matches and lines of context, in order. */
  readonly hits: readonly Hit[];
  readonly matches: number;
}

async function collect(root: string, request: SearchInput, signal: AbortSignal): Promise<Collected> {
  const hits: Hit[] = [];
  let matches = 0;
  const args = [
    '--json',
    '--max-filesize',
    '20M',
    request.case ? '--case-sensitive' : '--ignore-case',
    ...(request.literal ? ['--fixed-strings'] : []),
    ...(request.output === 'lines' && request.context > 0 ? ['--context', String(request.context)] : []),
    ...(request.glob === undefined ? [] : ['--glob', request.glob]),
    ...neverSearched,
    '-e',
    request.pattern,
    '--',
    searchedPath(relativePath(request.path)),
  ];
  const result = await ripgrep(root, args, {
    signal,
    onLine(line) {
      const hit = parseHit(line);
      if (hit === undefined) return true;
      hits.push(hit);
      if (hit.type === 'match') matches += 1;
      return matches < maxMatches;
    },
  });
  return { answer: result, hits, matches };
}

function describe(found: Collected, request: SearchInput, note: string): ToolOutput {
  if (found.answer.exitCode === 2 && found.matches === 0) {
    return refuse(
      /No such file/.test(found.answer.error) ? 'not_found' : 'invalid_input',
      `The search failed: ${found.answer.error.trim()}`,
    );
  }
  const more = found.answer.stopped ? ` or more (stopped at ${found.matches})` : '';
  if (found.matches === 0)
    return {
      ok: true,
      text: `${note}No matches for ${JSON.stringify(request.pattern)} in "${request.path}".`,
      meta: { matches: 0, files: 0 },
    };
  const files = new Map<string, number>();
  for (const hit of found.hits) if (hit.type === 'match') files.set(hit.file, (files.get(hit.file) ?? 0) + 1);
  const meta = { matches: found.matches, files: files.size };
  if (request.output !== 'lines') {
    const entries = [...files].map(([file, count]) => (request.output === 'count' ? `${file}: ${count}` : file));
    const shown = fitLines(entries.slice(request.offset, request.offset + request.limit), caps.result - 300);
    return page(note + shown.join('\n'), shown.length, entries.length, 'entries', request, more, meta);
  }
  const lines = linesOfMatches(found.hits, request.offset, request.limit);
  const shown = fitLines(
    lines.map(({ text }) => text),
    caps.result - 300,
  );
  const matches = lines.slice(0, shown.length).filter(({ type }) => type === 'match').length;
  return page(note + shown.join('\n'), matches, found.matches, 'matches', request, more, meta);
}

/** Matches `offset` to `offset + limit` with the context around them. */
function linesOfMatches(
  hits: readonly Hit[],
  offset: number,
  limit: number,
): readonly { readonly type: Hit['type']; readonly text: string }[] {
  let match = 0;
  return hits.flatMap((hit) => {
    const number = hit.type === 'match' ? (match += 1) : match + 1;
    const mark = hit.type === 'match' ? ':' : '-';
    return number > offset && number <= offset + limit ? [{ type: hit.type, text: `${hit.file}${mark}${hit.line}${mark}${hit.text}` }] : [];
  });
}

function page(
  text: string,
  shown: number,
  total: number,
  unit: 'entries' | 'matches',
  request: SearchInput,
  more: string,
  meta: ToolOutput['meta'],
): ToolOutput {
  const end = request.offset + shown;
  if (shown === 0)
    return {
      ok: true,
      text: `Nothing from offset ${request.offset} on: there are ${total} ${unit}${more}.`,
      ...(meta === undefined ? {} : { meta }),
    };
  if (shown === total) return { ok: true, text, ...(meta === undefined ? {} : { meta }) };
  const next = end < total ? ` Call search with offset ${end} for the next, or narrow path, glob or pattern.` : '';
  return {
    ok: true,
    text: `${text}\n[${request.offset + 1} to ${end} of ${total} ${unit}${more}.${next}]`,
    truncated: { shown, total, unit },
    ...(meta === undefined ? {} : { meta }),
  };
}
