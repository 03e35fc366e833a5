import type { FileChange, TaskWorkspace, Tool, ToolOutput } from '@fw/agents-core';
import { defineTool } from '@fw/agents-core';
import { z } from 'zod';
import { relativePath } from '../workspace-path.ts';
import type { Outputs } from './outputs.ts';
import { answer, caps, fitLines } from './answer.ts';

export function diffTool(workspace: TaskWorkspace, outputs: Outputs): Tool {
  let last: string | undefined;
  return defineTool({
    name: 'diff',
    description:
      'Shows what has changed against the tree as found (base) or since the previous call of diff (last). With stat only the files and how many lines.',
    effect: 'pure',
    input: z.strictObject({
      against: z.enum(['base', 'last']).default('base'),
      path: z.string().min(1).optional().describe('Only this file or folder'),
      stat: z.boolean().default(false),
    }),
    run: (input, step) =>
      answer(step, async () => {
        const path = input.path === undefined ? '.' : relativePath(input.path);
        const from = input.against === 'last' ? (last ?? workspace.base) : workspace.base;
        const to = await workspace.snapshot();
        last = to;
        const changes = (await workspace.changes(from, to)).filter(
          ({ file }) => path === '.' || file === path || file.startsWith(`${path}/`),
        );
        const meta = { files: changes.length, from, to };
        if (changes.length === 0)
          return { ok: true, text: `No changes against ${input.against}${path === '.' ? '' : ` in ${path}`}.`, meta };
        const text = input.stat ? changes.map(summary).join('\n') : sectionsOf(await workspace.diff(from, to), changes);
        return page(text, meta, outputs);
      }),
  });
}

function summary({ status, file, lines }: FileChange): string {
  return `${status} ${file}${lines.length === 0 ? '' : ` (${lines.length} ${lines.length === 1 ? 'line' : 'lines'} new)`}`;
}

function sectionsOf(patch: string, changes: readonly FileChange[]): string {
  // Git quotes names with quotes or control characters.
  const heads = new Set(
    changes.flatMap(({ file }) => [
      `diff --git a/${file} b/${file}`,
      `diff --git ${JSON.stringify(`a/${file}`)} ${JSON.stringify(`b/${file}`)}`,
    ]),
  );
  return patch
    .split(/(?<=\n)(?=diff --git )/)
    .filter((section) => heads.has(section.slice(0, section.indexOf('\n'))))
    .join('');
}

async function page(text: string, meta: ToolOutput['meta'], outputs: Outputs): Promise<ToolOutput> {
  const lines = text.trimEnd().split('\n');
  const shown = fitLines(lines, caps.result - 200);
  if (shown.length === lines.length) return { ok: true, text: shown.join('\n'), ...(meta === undefined ? {} : { meta }) };
  const ref = await outputs.keep(text);
  return {
    ok: true,
    text: `${shown.join('\n')}\n[${shown.length} of ${lines.length} lines. Call diff with stat for the list, and with path for one file${ref === undefined ? '' : `; read_file with path ${ref} has all`}.]`,
    truncated: { shown: shown.length, total: lines.length, unit: 'lines', ...(ref === undefined ? {} : { ref }) },
    ...(meta === undefined ? {} : { meta }),
  };
}
