import type { TaskWorkspace, Tool, ToolOutput } from '@fw/agents-core';
import { defineTool } from '@fw/agents-core';
import { z } from 'zod';
import { lineContents } from '../edits/text-lines.ts';
import { answer, caps, fitLines, refuse } from './answer.ts';
import { fileHash } from './file-hash.ts';
import { outline } from './outline.ts';
import { type Outputs, outputScheme } from './outputs.ts';

const firstLines = 400;

export function readFileTool(workspace: TaskWorkspace, outputs: Outputs): Tool {
  return defineTool({
    name: 'read_file',
    description:
      'Reads a text file with line numbers, and its hash. Of a long file without a range: its outline and the first 400 lines. Files in node_modules can be read.',
    effect: 'pure',
    input: z.strictObject({
      path: z.string().min(1).describe('Relative to the workspace, or output://… as a cut answer names it'),
      start: z.int().min(1).optional().describe('First line, from 1'),
      end: z.int().min(1).optional().describe('Last line'),
      outline: z.boolean().default(false).describe('Only the lines that declare something'),
    }),
    run: (input, step) =>
      answer(step, async () => {
        const isOutput = input.path.startsWith(outputScheme);
        const text = isOutput ? await outputs.read(input.path) : await workspace.read(input.path);
        if (text === undefined) return refuse('not_found', `${input.path} is no output that was kept. Take the reference as an answer gave it.`);
        const lines = lineContents(text);
        const meta = { hash: fileHash(text), lines: lines.length };
        const ends = text.includes('\r\n') ? ', line ends CRLF' : '';
        const head = `${input.path}: ${lines.length} lines, hash ${meta.hash}${ends}`;
        if (lines.length === 0) return { ok: true, text: `${head}\nThe file is empty.`, meta };
        if (input.outline) return describeOutline(head, input.path, lines, meta);
        const start = input.start ?? 1;
        if (start > lines.length || (input.end ?? start) < start) {
          return refuse(
            'invalid_input',
            `${input.path} has ${lines.length} lines; ${start} to ${input.end ?? 'the end'} is no range in it.`,
            meta,
          );
        }
        const isPart = input.start === undefined && input.end === undefined && lines.length > firstLines;
        const end = Math.min(input.end ?? (isPart ? firstLines : lines.length), lines.length);
        const overview = isPart ? outline(input.path, lines) : [];
        const intro = overview.length > 0 ? `${head}\nOutline:\n${fitLines(overview, 6_000).join('\n')}\nLines:` : head;
        const shown = fitLines(
          lines.slice(start - 1, end).map((line, index) => `${start + index}\t${line}`),
          caps.read - intro.length - 200,
        );
        return page(intro, shown, start, lines.length, { ...meta, start, end: start + shown.length - 1 });
      }),
  });
}

function describeOutline(head: string, path: string, lines: readonly string[], meta: ToolOutput['meta']): ToolOutput {
  const found = outline(path, lines);
  const text = found.length === 0 ? 'No declarations were found. Read it by start and end.' : fitLines(found, caps.result - 300).join('\n');
  return { ok: true, text: `${head}\n${text}`, ...(meta === undefined ? {} : { meta }) };
}

function page(
  intro: string,
  shown: readonly string[],
  start: number,
  total: number,
  meta: ToolOutput['meta'] & { readonly end: number },
): ToolOutput {
  const text = `${intro}\n${shown.join('\n')}`;
  if (shown.length === total) return { ok: true, text, meta };
  const next = meta.end < total ? ` Call read_file with start ${meta.end + 1} for more.` : '';
  return {
    ok: true,
    text: `${text}\n[Lines ${start} to ${meta.end} of ${total}.${next}]`,
    truncated: { shown: shown.length, total, unit: 'lines' },
    meta,
  };
}
