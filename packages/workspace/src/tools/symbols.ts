import type { TaskWorkspace, Tool, ToolOutput } from '@fw/agents-core';
import { defineTool } from '@fw/agents-core';
import type { z } from 'zod';
import { withZod } from '@fw/agents-core/with-zod';
import { relativePath } from '../workspace-path.ts';
import { answer, refuse } from './answer.ts';
import { answerLines } from './answer-lines.ts';
import { pathText, plainText } from './input-text.ts';
import type { OutputStore } from './output-store.ts';
import { foundPath, neverSearched, ripgrep, searchedPath } from './ripgrep.ts';
import { shownName } from './shown-name.ts';
import type { FoundSymbol, SymbolAnswer, SymbolThread } from './symbol-thread.ts';

const input = withZod((z) => z
  .strictObject({
    action: z.enum(['find', 'definition', 'references', 'outline']),
    name: plainText(200).optional().describe('Of the symbol; for find also a part of it'),
    path: pathText().optional().describe('For outline the file; else a file in which the name stands'),
    line: z.int().min(1).optional().describe('Line of that file in which the name stands'),
    limit: z.int().min(1).max(500).default(100),
  })
  .refine(({ action, name }) => action === 'outline' || name !== undefined, { path: ['name'], message: 'is needed for find, definition and references' })
  .refine(({ action, path }) => action !== 'outline' || path !== undefined, { path: ['path'], message: 'is needed for outline' })
  .refine(({ line, path }) => line === undefined || path !== undefined, { path: ['path'], message: 'is needed with line' }));
type SymbolsInput = z.infer<typeof input>;

/** Above it only files in which the name stands are looked at, and what they import. */
const maxFiles = 2_000;
const sourceFile = /\.[cm]?[jt]sx?$/;

export function symbolsTool(workspace: TaskWorkspace, outputs: OutputStore, thread: SymbolThread): Tool {
  return defineTool({
    name: 'symbols',
    description:
      'Knows the symbols of TypeScript and JavaScript: find (declarations by name or a part of it), definition and references (of the symbol that a name means in a file, or anywhere), outline (of a file). Sees the workspace, not installed packages.',
    effect: 'pure',
    input,
    run: (request, step) =>
      answer(step, async () => {
        const path = request.path === undefined ? undefined : relativePath(request.path);
        if (path !== undefined) {
          await workspace.read(path);
          if (!sourceFile.test(path)) return refuse('invalid_input', `symbols knows TypeScript and JavaScript; "${request.path}" is neither. Use read_file with outline, or search.`);
        }
        const files = await listSources(workspace.root, request, step.signal);
        const { name, line } = request;
        const found = await thread.ask({ action: request.action, files, ...(name === undefined ? {} : { name }), ...(path === undefined ? {} : { path }), ...(line === undefined ? {} : { line }) }, step.signal);
        return describe(found, request, files.length, outputs);
      }),
  });
}

/** Source files that are not ignored; of many only those in which the name stands, of too many the first. */
async function listSources(root: string, { action, name }: SymbolsInput, signal: AbortSignal): Promise<readonly string[]> {
  if (action === 'outline') return [];
  const types = ['--glob', '*.{ts,tsx,mts,cts,js,jsx,mjs,cjs}', ...neverSearched];
  const list = async (args: readonly string[], most: number): Promise<readonly string[]> => {
    const files: string[] = [];
    const onRecord = ({ text }: { readonly text: string }): boolean => files.push(foundPath(text)) < most;
    await ripgrep(root, ['--null', ...types, ...args, '--', (await searchedPath(root, '.')) ?? './'], { signal, separator: '\0', onRecord });
    return files;
  };
  const all = await list(['--files'], maxFiles + 1);
  return all.length <= maxFiles ? all : list(['--files-with-matches', '--fixed-strings', '--max-filesize=2M', '-e', name ?? ''], maxFiles);
}

function describe(found: SymbolAnswer, request: SymbolsInput, files: number, outputs: OutputStore): ToolOutput | Promise<ToolOutput> {
  const { action, name = '', path, limit } = request;
  const where = path === undefined ? 'in the workspace' : `in "${path}"${request.line === undefined ? '' : `, line ${request.line}`}`;
  switch (found.status) {
    case 'missing':
      return refuse('failed', `symbols needs TypeScript 5.9 or 6 beside @fw/workspace, and there is ${found.found === 'none' ? 'none' : found.found}. Whoever runs this can install it: npm install typescript@6. Until then use search and read_file with outline.`);
    case 'timeout':
    case 'pending':
      return refuse('timeout', 'The symbols were not found in time. Use search.');
    case 'too_large':
      return refuse('too_large', 'The source files need more memory than symbols may use. Use search.');
    case 'failed':
      return refuse('failed', `The symbols could not be read: ${found.message}. Use search.`);
    case 'not_found':
      return action === 'outline' ? refuse('not_found', `"${path}" could not be read as source code.`) : refuse('not_found', `No symbol ${JSON.stringify(name)} ${where}. Call symbols with find and a part of the name, or search.`);
    case 'ambiguous':
    case 'found':
  }
  const lines = found.symbols.map((symbol) => lineOf(symbol, action === 'outline'));
  const meta = { symbols: found.symbols.length };
  if (lines.length === 0) return { ok: true, text: action === 'outline' ? `"${path}" declares nothing.` : `No symbol whose name has ${JSON.stringify(name)} ${where} (${files} files).`, meta };
  if (found.status === 'ambiguous') return refuse('ambiguous', `${lines.length} symbols are called ${JSON.stringify(name)}. Give path and line of the one that you mean:\n${lines.slice(0, 30).join('\n')}${lines.length > 30 ? `\n[30 of ${lines.length}. Call symbols with definition for all.]` : ''}`, meta);
  return answerLines({ outputs, lines: lines.slice(0, limit), total: lines.length, unit: 'matches', full: () => `${lines.join('\n')}\n`, more: (shown) => `${shown} of ${lines.length}.${limit < 500 ? ' Call symbols with a higher limit for more.' : ''}`, meta });
}

function lineOf({ what, file, line, text }: FoundSymbol, isOutline: boolean): string {
  return isOutline ? `${line}\t${what}` : `${shownName(file)}:${line}: ${what}: ${text}`;
}
