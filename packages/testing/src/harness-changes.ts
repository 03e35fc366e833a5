import { createHash } from 'node:crypto';
import type { FileChange, TaskWorkspace } from '@fw/agents-core';
import { inBatches } from './in-batches.ts';
import { filesOfConfig, filesOfScript, isConfigFile, isHarnessFile, isManifest } from './harness-files.ts';
import { isPlainTestScript, manifestHarness, withOldHarness } from './manifest-harness.ts';
import { isSourceFile } from './test-kind.ts';

/** A changed file that takes part in how tests run or are reported. */
export interface HarnessChange {
  readonly file: string;
  /** Hex SHA-256 of what it is now: of its content; of the settings in question for `package.json` and `tsconfig.json`. */
  readonly sha256: string;
}

/** The change with what it takes to undo it: the text to write, or null to remove the file. */
export interface UndoableChange extends HarnessChange {
  /** Undefined when the file cannot be put back, because it is not text. */
  readonly before: string | null | undefined;
}

/** Finds the changed files that could make a run report something else than what the tests did. */
export async function findHarnessChanges(workspace: TaskWorkspace, base: string, tree: string): Promise<readonly UndoableChange[]> {
  if (base === tree) return [];
  const changes = await workspace.changes(base, tree);
  const loaded = await takesPart(workspace, base, changes);
  const taking = changes.filter(({ file }) => isManifest(file) || isHarnessFile(file) || loaded.has(file));
  const found = await inBatches(taking, (change) => (isManifest(change.file) ? manifestChange(workspace, base, tree, change.file) : wholeFile(workspace, base, tree, change)));
  return found.filter((change) => change !== undefined);
}

async function wholeFile(workspace: TaskWorkspace, base: string, tree: string, change: FileChange): Promise<UndoableChange> {
  const now = await textOf(workspace, tree, change.file);
  const before = change.status === 'added' ? null : await textOf(workspace, base, change.file);
  return { file: change.file, sha256: digest(change.status === 'deleted' ? `deleted ${change.file}` : (now ?? `${tree} ${change.file}`)), before };
}

async function manifestChange(workspace: TaskWorkspace, base: string, tree: string, file: string): Promise<UndoableChange | undefined> {
  const [before, now] = [await textOf(workspace, base, file), await textOf(workspace, tree, file)];
  const [older, newer] = [manifestHarness(file, before), manifestHarness(file, now)];
  if (newer !== undefined && older !== undefined) {
    if (JSON.stringify(older) === JSON.stringify(newer) || isFirstPlainScript(older, newer)) return undefined;
    if (now !== undefined) return { file, sha256: digest(JSON.stringify(newer)), before: withOldHarness(file, now, before) ?? before ?? null };
  }
  return { file, sha256: digest(now ?? `deleted ${file}`), before: before ?? null };
}

/** A project that had no test script gets one that only starts a runner: there is nothing of the base to run instead. */
function isFirstPlainScript(older: { readonly [key: string]: unknown }, newer: { readonly [key: string]: unknown }): boolean {
  const scripts = (newer['scripts'] ?? {}) as { readonly [name: string]: unknown };
  const old = (older['scripts'] ?? {}) as { readonly [name: string]: unknown };
  const hadNone = Object.keys(old).length === 0 || (Object.keys(old).join() === 'test' && /no test specified/.test(String(old['test'])));
  return hadNone && Object.keys({ ...older, ...newer }).every((key) => key === 'scripts') && Object.keys(scripts).join() === 'test' && isPlainTestScript(scripts['test']);
}

/** What configs, setup files and test scripts of the base load, and what that loads in turn. */
async function takesPart(workspace: TaskWorkspace, base: string, changes: readonly FileChange[]): Promise<ReadonlySet<string>> {
  const files = new Set([...(await workspace.files(base)), ...changes.map((change) => change.file)]);
  const found = new Set<string>();
  const queue = [...files].filter((file) => isHarnessFile(file) || /(^|\/)package\.json$/.test(file)).slice(0, 200);
  const configs = new Set(queue.filter(isConfigFile));
  for (let at = 0; at < queue.length && at < 500; at++) {
    const file = queue[at] ?? '';
    const text = (await textOf(workspace, base, file)) ?? '';
    for (const [name, way] of isManifest(file) ? filesOfManifest(text, file, files) : filesOfConfig(text, file, files)) {
      const isOfConfig = way === 'imported' && configs.has(file);
      // What a setup file imports of the code under test is that code, not the harness.
      if (found.has(name) || isManifest(name) || (way === 'imported' && isSourceFile(name) && !isOfConfig)) continue;
      found.add(name);
      if (isOfConfig) configs.add(name);
      queue.push(name);
    }
  }
  return found;
}

function filesOfManifest(text: string, file: string, files: ReadonlySet<string>): ReadonlyMap<string, 'imported' | 'named'> {
  const { scripts = {}, ...settings } = manifestHarness(file, text) ?? {};
  const ran = Object.values(scripts as object).flatMap((script) => filesOfScript(String(script), file, files));
  return new Map([...filesOfConfig(JSON.stringify(settings), file, files), ...ran.map((name) => [name, 'named'] as const)]);
}

async function textOf(workspace: TaskWorkspace, tree: string, file: string): Promise<string | undefined> {
  return workspace.show(tree, file).catch(() => undefined);
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
