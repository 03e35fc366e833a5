import { posix } from 'node:path';
import type { FileChange, TaskWorkspace } from '@fw/agents-core';
import { relativeFile } from './case-id.ts';
import type { RedOnBase } from './red-first-results.ts';
import { isSourceFile } from './test-kind.ts';
import type { TestCase } from './test-report.ts';

export interface ChangeContext {
  readonly workspace: TaskWorkspace;
  readonly changes: readonly FileChange[];
  readonly base: string;
  readonly tree: string;
  /** Folder of the copy that the test ran in. */
  readonly root: string;
}

/** Tells a test that found the change missing from a test that is simply broken. */
export async function classifyRed(test: TestCase, context: ChangeContext): Promise<RedOnBase> {
  if (test.failure === 'assertion') return 'assertion';
  if (test.status === 'timed-out') return 'crash';
  const message = test.message ?? '';
  if (test.status === 'failed' && threwInSource(message, context.root)) return 'crash';
  const missing = missingThing(message);
  return missing !== undefined && (await isAdded(missing, test.file, context)) ? 'missing' : 'broken';
}

type Missing = { readonly module: string } | { readonly name: string };

function missingThing(message: string): Missing | undefined {
  const module = /(?:Cannot find module|Failed to resolve import|Cannot find package) ['"]([^'"]+)['"]/.exec(message)?.[1];
  if (module !== undefined) return { module };
  const name = /does not provide an export named ['"]([^'"]+)['"]/.exec(message)?.[1]
    ?? /([\w$]+) is not a (?:function|constructor)/.exec(message)?.[1]
    ?? /\.([\w$]+)\) is not a (?:function|constructor)/.exec(message)?.[1]
    ?? /([\w$]+)\b\)? is not (?:defined|iterable)/.exec(message)?.[1]
    ?? /Cannot read properties of undefined \(reading ['"]([^'"]+)['"]\)/.exec(message)?.[1];
  return name === undefined ? undefined : { name };
}

/** True when the change's source files bring it and the base's did not have it. */
async function isAdded(missing: Missing, testFile: string, { workspace, changes, base, tree }: ChangeContext): Promise<boolean> {
  if ('module' in missing) {
    const stem = moduleStem(missing.module, testFile);
    const isIt = (file: string): boolean =>
      withoutExtension(file) === withoutExtension(stem) || file.startsWith(`${stem}/index.`) || `/${stem}`.endsWith(`/${file}`);
    return changes.some((change) => change.status === 'added' && isIt(change.file));
  }
  const word = new RegExp(`(?<![\\w$])${missing.name.replaceAll('$', '\\$')}(?![\\w$])`);
  for (const change of changes) {
    if (change.status === 'deleted' || !isSourceFile(change.file)) continue;
    const now = (await workspace.show(tree, change.file)) ?? '';
    const before = (await workspace.show(base, change.file)) ?? '';
    if (word.test(now) && !word.test(before)) return true;
  }
  return false;
}

/** Path of a module in the tree, as far as it can be told; loaders name it absolutely or relative to the test. */
function moduleStem(module: string, testFile: string): string {
  return module.startsWith('.') ? posix.join(posix.dirname(testFile), module) : module.replace(/^file:\/\//, '').replace(/^\//, '');
}

function withoutExtension(file: string): string {
  return file.replace(/\.[cm]?[jt]sx?$/, '');
}

/** True when the first frame of the stack that lies in the tree is code under test. */
function threwInSource(message: string, root: string): boolean {
  for (const line of message.split('\n')) {
    const path = /^\s+at .*?(\/[^():]+|(?<![A-Za-z])[A-Za-z]:[\\/][^():]+):\d+:\d+\)?$/.exec(line)?.[1];
    if (path === undefined || path.includes('node_modules')) continue;
    const file = relativeFile(root, path);
    if (file !== path) return isSourceFile(file);
  }
  return false;
}
