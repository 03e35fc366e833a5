import type { TaskWorkspace, Tool, ToolOutput } from '@fw/agents-core';
import { defineTool } from '@fw/agents-core';
import { z } from 'zod';
import { relativePath, resolveInside } from '../workspace-path.ts';
import { answer, caps, fitLines, refuse } from './answer.ts';
import { neverSearched, ripgrep, searchedPath, shownPath } from './ripgrep.ts';

const maxFiles = 200_000;

export function listFilesTool(workspace: TaskWorkspace): Tool {
  return defineTool({
    name: 'list_files',
    description:
      'Lists files below a folder. Ignored files, .git and node_modules are left out. Folders deeper than depth appear once, with the number of their files.',
    effect: 'pure',
    input: z.strictObject({
      path: z.string().default('.').describe('Folder, relative to the workspace'),
      depth: z.int().min(1).max(5).default(2),
      glob: z.string().min(1).optional().describe('Only files that match, e.g. **/*.test.ts'),
      limit: z.int().min(1).max(500).default(200),
    }),
    run: (input, step) =>
      answer(step, async () => {
        await resolveInside(workspace.root, input.path);
        const folder = relativePath(input.path);
        const files: string[] = [];
        const glob = input.glob === undefined ? [] : ['--glob', input.glob];
        const { exitCode, error, stopped } = await ripgrep(
          workspace.root,
          ['--files', ...glob, ...neverSearched, '--', searchedPath(folder)],
          {
            signal: step.signal,
            onLine(line) {
              files.push(shownPath(line));
              return files.length < maxFiles;
            },
          },
        );
        if (exitCode === 2 && files.length === 0)
          return refuse(/No such file/.test(error) ? 'not_found' : 'invalid_input', `"${input.path}" cannot be listed: ${error.trim()}`);
        return describe(fold(files, folder, input.depth), files.length, input, stopped);
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
  return [...entries].map(([entry, count]) => (entry.endsWith('/') ? `${entry} (${count} ${count === 1 ? 'file' : 'files'})` : entry));
}

function describe(
  entries: readonly string[],
  files: number,
  input: { readonly path: string; readonly depth: number; readonly limit: number },
  stopped: boolean,
): ToolOutput {
  if (entries.length === 0) return { ok: true, text: `No files below "${input.path}" that are not ignored.`, meta: { files: 0 } };
  const shown = fitLines(entries.slice(0, input.limit), caps.result - 200);
  const cut = shown.length < entries.length;
  const more = cut
    ? `\n[${shown.length} of ${entries.length} entries. Call list_files with a deeper path, a glob${input.limit < 500 ? ', or a higher limit' : ''}.]`
    : '';
  return {
    ok: true,
    text: shown.join('\n') + more + (stopped ? `\n[Stopped after ${files} files.]` : ''),
    ...(cut ? { truncated: { shown: shown.length, total: entries.length, unit: 'entries' as const } } : {}),
    meta: { files },
  };
}
