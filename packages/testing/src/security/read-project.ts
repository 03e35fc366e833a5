import { posix } from 'node:path';
import type { TaskWorkspace } from '@fw/agents-core';
import { inBatches } from '../in-batches.ts';
import { inTestFolder, isTestFile } from '../test-kind.ts';

const maxFiles = 10_000;
const maxCharacters = 64_000_000;
const maxImporters = 400;

/** Something in it can do harm, or passes on what does. */
const worthIt = /\b(exec|execSync|spawn|spawnSync|execFile|execa|shelljs|eval|Function|vm|setTimeout|setInterval|sendFile|sendfile|download|RegExp|match|test|replace|split|search|child_process)\b|\bfs\b|fs-extra|graceful-fs|\[[^\]'"`\d]+\]\s*(\|\||\?\?)?=[^=]|require\(\s*[^'")\s]|import\(\s*[^'")\s]/;

/** The code of one tree, as far as it is looked at. */
export interface ProjectCode {
  readonly files: ReadonlyMap<string, string>;
  /** More than is read at once. */
  readonly left: number;
}

export async function readProject(workspace: TaskWorkspace, tree: string, signal: AbortSignal | undefined): Promise<ProjectCode> {
  const all = (await workspace.files(tree)).filter(isCode);
  const texts = await inBatches(all.slice(0, maxFiles), async (file) => {
    signal?.throwIfAborted();
    return [file, (await workspace.show(tree, file).catch(() => undefined)) ?? ''] as const;
  });
  const files = new Map<string, string>();
  let characters = 0;
  for (const [file, text] of texts) {
    characters += text.length;
    if (characters <= maxCharacters) files.set(file, text);
  }
  return { files, left: all.length - files.size };
}

/** Files in which something may go wrong: all, or what a change touches and what imports that. */
export function filesToVisit({ files }: ProjectCode, changed: ReadonlySet<string> | undefined): readonly string[] {
  const worthy = (file: string): boolean => worthIt.test(files.get(file) ?? '');
  if (changed === undefined) return [...files.keys()].filter(worthy);
  const importers = importersOf(files);
  const wanted = new Set([...changed].filter((file) => files.has(file)));
  for (const file of wanted) {
    if (wanted.size > maxImporters) break;
    for (const importer of importers.get(file.replace(/(\/index)?\.[cm]?[jt]sx?$/, '')) ?? []) wanted.add(importer);
  }
  return [...wanted];
}

function importersOf(files: ReadonlyMap<string, string>): ReadonlyMap<string, readonly string[]> {
  const importers = new Map<string, string[]>();
  for (const [file, text] of files) {
    for (const [, specifier = ''] of text.slice(0, 100_000).matchAll(/(?:require\(|from\s|import\(|import\s)\s*['"](\.[^'"\n]{0,200})['"]/g)) {
      const target = posix.normalize(posix.join(posix.dirname(file), specifier)).replace(/(\/index)?\.[cm]?[jt]sx?$/, '');
      importers.set(target, [...(importers.get(target) ?? []), file]);
    }
  }
  return importers;
}

function isCode(file: string): boolean {
  if (!/\.[cm]?[jt]sx?$/.test(file) || /\.d\.[cm]?ts$|[.-]min\.[cm]?js$/.test(file) || isTestFile(file) || inTestFolder(file)) return false;
  return !/(^|\/)(node_modules|dist|coverage|vendor|bower_components|\.yarn)\//.test(file);
}
