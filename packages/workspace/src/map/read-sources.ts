import { setImmediate } from 'node:timers/promises';
import type { TaskWorkspace } from '@fw/agents-core';
import { foundPath, neverSearched, ripgrep, searchedPath } from '../tools/ripgrep.ts';
import { isGenerated, isMapped, sourceSymbols } from './source-symbols.ts';
import type { SourceFile } from './symbol-graph.ts';

export interface ReadSources {
  readonly sources: readonly SourceFile[];
  /** What is not in them, and why; empty when nothing is left out. */
  readonly notes: readonly string[];
  /** The time was over before all files were read. */
  readonly isPartial: boolean;
}

export interface SourceLimits {
  readonly files: number;
  readonly timeMs: number;
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
}

/** Reading more at once than this does not let others in. */
const atATime = 50;
const listed = 200_000;

/**
 * The source files of a workspace with what they declare and name: those that are not ignored, generated or minified,
 * up to 1 MB each.
 * @throws the signal's reason when aborted.
 */
export async function readSources(workspace: TaskWorkspace, limits: SourceLimits, signal: AbortSignal): Promise<ReadSources> {
  const began = limits.now();
  const names: string[] = [];
  const onRecord = ({ text }: { readonly text: string }): boolean => names.push(foundPath(text)) < listed;
  await ripgrep(workspace.root, ['--files', '--null', '--max-filesize=1M', ...neverSearched, '--', (await searchedPath(workspace.root, '.')) ?? './'], { signal, separator: '\0', onRecord });
  const all = names.filter(isMapped).sort();
  const files = all.slice(0, limits.files);
  const sources: SourceFile[] = [];
  let generated = 0;
  let read = 0;
  for (const file of files) {
    if (limits.now() - began > limits.timeMs) break;
    signal.throwIfAborted();
    if (read % atATime === atATime - 1) await setImmediate();
    // What is no text, a link that leads nowhere or gone by now is no source.
    const text = await workspace.read(file).catch(() => undefined);
    read += 1;
    if (text === undefined) continue;
    if (isGenerated(text)) generated += 1;
    else sources.push({ file, symbols: sourceSymbols(file, text) });
  }
  const isPartial = read < files.length;
  return {
    sources,
    isPartial,
    notes: [
      ...(isPartial ? [`[Partial: ${read} of ${files.length} source files were read in ${limits.timeMs / 1_000} seconds.]`] : []),
      ...(all.length > files.length ? [`[${files.length} of ${all.length} source files were looked at.]`] : []),
      ...(generated > 0 ? [`[${generated} generated or minified ${generated === 1 ? 'file is' : 'files are'} left out.]`] : []),
    ],
  };
}
