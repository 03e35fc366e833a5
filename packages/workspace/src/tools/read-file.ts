import { withZod } from '@fw/agents-core/with-zod';
import type { TaskWorkspace, Tool, ToolOutput } from '@fw/agents-core';
import { defineTool, outputScheme } from '@fw/agents-core';
import { lineContents } from '../edits/text-lines.ts';
import { answer, caps, refuse } from './answer.ts';
import { answerLines, keep } from './answer-lines.ts';
import { firstCharacters, fitLines } from './cut-text.ts';
import { fileHash } from './file-hash.ts';
import { pathText } from './input-text.ts';
import { outline } from './outline.ts';
import type { OutputStore } from './output-store.ts';

const firstLines = 400;

export function readFileTool(workspace: TaskWorkspace, outputs: OutputStore): Tool {
  return defineTool({
    name: 'read_file',
    description:
      'Reads a text file with line numbers, and its hash. Of a long file without a range: its outline and the first 400 lines. A line over 2,000 characters is cut unless it alone is asked for. Files in node_modules can be read.',
    effect: 'pure',
    input: withZod((z) => z.strictObject({
      path: pathText().describe('Relative to the workspace, or output://… as a cut answer names it'),
      start: z.int().min(1).optional().describe('First line, from 1'),
      end: z.int().min(1).optional().describe('Last line'),
      outline: z.boolean().default(false).describe('Only the lines that declare something'),
    })),
    run: (input, step) =>
      answer(step, async () => {
        const isOutput = input.path.startsWith(outputScheme);
        const text = isOutput ? await outputs.read(input.path) : await workspace.read(input.path);
        if (text === undefined) return refuse('not_found', `${input.path} is no output that was kept. Take the reference as an answer gave it.`);
        const lines = lineContents(text);
        const hash = fileHash(text);
        const meta = { hash, lines: lines.length };
        const ends = text.includes('\r\n') ? ', line ends CRLF' : '';
        const head = `${input.path}: ${lines.length} ${lines.length === 1 ? 'line' : 'lines'}, hash ${hash}${ends}\n`;
        if (lines.length === 0) return { ok: true, text: `${head}The file is empty.`, meta };
        if (input.outline) return describeOutline(head, outline(input.path, lines), outputs, meta);
        const start = input.start ?? 1;
        if (start > lines.length || (input.end ?? start) < start)
          return refuse('invalid_input', `${input.path} has ${lines.length} lines; ${start} to ${input.end ?? 'the end'} is no range in it.`, meta);
        const isPart = input.start === undefined && input.end === undefined && lines.length > firstLines;
        const end = Math.min(input.end ?? (isPart ? firstLines : lines.length), lines.length);
        const page = { outputs, total: lines.length, unit: 'lines' as const, cap: caps.read, namesKept: false, full: () => text };
        const single = lines[start - 1] ?? '';
        if (start === end && single.length > caps.line) return describeLine({ head, line: single, number: start, text, outputs, meta });
        const answered = await answerLines({
          ...page,
          head: head + (isPart ? overview(outline(input.path, lines)) : ''),
          lines: lines.slice(start - 1, end).map((line, index) => `${start + index}\t${line}`),
          more(shown) {
            const last = start + shown - 1;
            return `Lines ${start} to ${last} of ${lines.length}.${last < lines.length ? ` Call read_file with start ${last + 1} for more.` : ''}`;
          },
          meta,
        });
        const shown = answered.truncated?.unit === 'lines' ? answered.truncated.shown : end - start + 1;
        return { ...answered, meta: { ...meta, start, end: start + shown - 1 } };
      }),
  });
}

function overview(entries: readonly string[]): string {
  if (entries.length === 0) return '';
  const { shown } = fitLines(entries.slice(0, 150), 6_000);
  const rest = shown.length < entries.length ? `\n[${shown.length} of ${entries.length}. Call read_file with outline for all.]` : '';
  return `Outline:\n${shown.join('\n')}${rest}\nLines:\n`;
}

async function describeOutline(head: string, entries: readonly string[], outputs: OutputStore, meta: ToolOutput['meta']): Promise<ToolOutput> {
  const rest = meta === undefined ? {} : { meta };
  if (entries.length === 0) return { ok: true, text: `${head}No declarations were found. Read it by start and end.`, ...rest };
  return answerLines({ outputs, head, lines: entries, total: entries.length, unit: 'entries', full: () => `${entries.join('\n')}\n`, more: (shown) => `${shown} of ${entries.length} declarations.`, ...rest });
}

/** One long line in pieces, each with the place of its first character. */
async function describeLine(part: { readonly head: string; readonly line: string; readonly number: number; readonly text: string; readonly outputs: OutputStore; readonly meta: { readonly hash: string; readonly lines: number } }): Promise<ToolOutput> {
  const { head, line, number, text, outputs, meta } = part;
  const pieces: string[] = [];
  let at = 0;
  for (let room = caps.read - head.length - 600; at < line.length && room > 0;) {
    const piece = firstCharacters(line.slice(at, at + caps.line - 100), room);
    if (piece === '') break;
    pieces.push(`${number}+${at}\t${piece}`);
    at += piece.length;
    room -= piece.length + 20;
  }
  const place = { ...meta, start: number, end: number };
  const intro = `${head}Line ${number} in pieces: line+place, a tab, what stands there.\n`;
  if (at === line.length && meta.lines === 1) return { ok: true, text: intro + pieces.join('\n'), meta: place };
  const ref = await keep(outputs, text);
  const cut = at < line.length ? ` ${at} of its ${line.length} characters; the rest can be had with a command, such as cut -c.` : '';
  const left = at < line.length ? { shown: at, total: line.length, unit: 'characters' as const } : { shown: 1, total: meta.lines, unit: 'lines' as const };
  return {
    ok: true,
    text: `${intro}${pieces.join('\n')}\n[Line ${number} of ${meta.lines}.${cut}]`,
    truncated: { ...left, ...(ref === undefined ? {} : { ref }) },
    meta: place,
  };
}
