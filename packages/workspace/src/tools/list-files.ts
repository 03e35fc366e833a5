import { withZod } from '@fw/agents-core/with-zod';
import type { TaskWorkspace, Tool, ToolOutput } from '@fw/agents-core';
import { defineTool } from '@fw/agents-core';
import { relativePath } from '../workspace-path.ts';
import { answer, refuse } from './answer.ts';
import { answerLines } from './answer-lines.ts';
import { pathText, plainText } from './input-text.ts';
import type { OutputStore } from './output-store.ts';
import { foundPath, neverSearched, ripgrep, searchedPath } from './ripgrep.ts';
import type { RipgrepAnswer } from './ripgrep.ts';
import { shownName } from './shown-name.ts';

const maxFiles = 200_000;

export function listFilesTool(workspace: TaskWorkspace, outputs: OutputStore): Tool {
  return defineTool({
    name: 'list_files',
    description:
      'Lists files below a folder. Ignored files, .git and node_modules are left out. Folders deeper than depth appear once, with the number of their files.',
    effect: 'pure',
    input: withZod((z) => z.strictObject({
      path: pathText().default('.').describe('Folder, relative to the workspace'),
      depth: z.int().min(1).max(5).default(2),
      glob: plainText(1_000).optional().describe('Only files that match, e.g. **/*.test.ts'),
      limit: z.int().min(1).max(500).default(200),
    })),
    run: (input, step) =>
      answer(step, async () => {
        const target = await searchedPath(workspace.root, input.path);
        if (target === undefined) return refuse('not_found', `"${input.path}" is no file or folder of the workspace.`);
        const folder = relativePath(input.path);
        const files: string[] = [];
        const glob = input.glob === undefined ? [] : ['--glob', input.glob];
        const { exitCode, error, stopped } = await ripgrep(
          workspace.root,
          ['--files', '--null', ...glob, ...neverSearched, '--', target],
          {
            signal: step.signal,
            separator: '\0',
            onRecord({ text }) {
              files.push(foundPath(text));
              return files.length < maxFiles;
            },
          },
        );
        if (exitCode === 2 && files.length === 0) return refuse('invalid_input', `"${input.path}" cannot be listed: ${error.trim()}`);
        return describe(fold(files, folder, input.depth), files.length, input, stopped, outputs);
      }),
  });
}

/** Files within the depth as they are, deeper ones as their folder with a count. */
function fold(files: readonly string[], folder: string, depth: number): readonly string[] {
  const above = folder === '.' ? 0 : folder.split('/').length;
  const entries = new Map<string, number>();
  for (const file of files) {
    const parts = file.split('/');
    const isDeep = parts.length > above + depth;
    const entry = isDeep ? `${parts.slice(0, above + depth).join('/')}/` : file;
    entries.set(entry, (entries.get(entry) ?? 0) + 1);
  }
  return [...entries].map(([entry, count]) => `${shownName(entry)}${entry.endsWith('/') ? ` (${count} ${count === 1 ? 'file' : 'files'})` : ''}`);
}

function describe(
  entries: readonly string[],
  files: number,
  input: { readonly path: string; readonly depth: number; readonly limit: number },
  stopped: RipgrepAnswer['stopped'],
  outputs: OutputStore,
): ToolOutput | Promise<ToolOutput> {
  if (entries.length === 0) return { ok: true, text: `No files below "${input.path}" that are not ignored.`, meta: { files: 0 } };
  return answerLines({
    outputs,
    head: stopped === undefined ? '' : `[Stopped after ${files} files${stopped === 'time' ? ' and 30 seconds' : ''}: there are more.]\n`,
    lines: entries.slice(0, input.limit),
    total: entries.length,
    unit: 'entries',
    full: () => `${entries.join('\n')}\n`,
    more: (shown) => `${shown} of ${entries.length} entries. Call list_files with a deeper path, a glob${input.limit < 500 ? ', or a higher limit' : ''}.`,
    meta: { files },
  });
}
