import type { TaskWorkspace } from '@fw/agents-core';
import type { EditedFile } from './edit-notes.ts';
import { foundPath, neverSearched, ripgrep, searchedPath } from './ripgrep.ts';
import { shownName } from './shown-name.ts';
import type { SymbolThread } from './symbol-thread.ts';

const mostFiles = 10;
const mostCharacters = 500_000;
const mostShown = 10;
const mostDeclarations = 200;
const typed = /\.[cm]?tsx?$/;

/** Type errors that an edit of TypeScript has brought; undefined where there are none, or no TypeScript to find them. */
export async function typeNote(workspace: TaskWorkspace, edited: readonly EditedFile[], asking: { readonly thread: SymbolThread; readonly signal: AbortSignal; readonly patienceMs: number }): Promise<string | undefined> {
  const { thread, signal, patienceMs } = asking;
  const files = edited.flatMap(({ file, before, after }) => (typed.test(file) && after !== undefined && after.length <= mostCharacters ? [{ path: file, after, ...(before === undefined ? {} : { before }) }] : [])).slice(0, mostFiles);
  if (files.length === 0) return undefined;
  const found = await thread.ask({ action: 'diagnostics', files: await declarations(workspace, signal), edits: files }, signal, patienceMs);
  if (found.status === 'pending') return '[Types: not checked yet, the project is still being read. A later edit says more.]';
  if (found.status !== 'found' || found.symbols.length === 0) return undefined;
  const lines = found.symbols.slice(0, mostShown).map(({ file, line, what, text }) => `${shownName(file)}:${line}: ${what}: ${text}`);
  const more = found.symbols.length > lines.length ? `\n[${lines.length} of ${found.symbols.length}.]` : '';
  return `Types, new by this edit (installed packages are not looked at):\n${lines.join('\n')}${more}`;
}

/** Files that declare what others use without an import. */
async function declarations(workspace: TaskWorkspace, signal: AbortSignal): Promise<readonly string[]> {
  const files: string[] = [];
  const onRecord = ({ text }: { readonly text: string }): boolean => files.push(foundPath(text)) < mostDeclarations;
  await ripgrep(workspace.root, ['--null', '--files', '--glob', '*.d.{ts,mts,cts}', ...neverSearched, '--', (await searchedPath(workspace.root, '.')) ?? './'], { signal, separator: '\0', onRecord });
  return files;
}
