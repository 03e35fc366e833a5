import { matchesGlob } from './glob.ts';
import type { TestKind } from './test-report.ts';

/** Patterns of files of each kind. */
export type KindPatterns = { readonly [kind in TestKind]?: readonly string[] };

/** In the order in which they run. */
export const testKinds: readonly ['unit', 'integration', 'e2e', 'performance'] = ['unit', 'integration', 'e2e', 'performance'];

/**
 * The kind of a test file: by the name that its runner gives the group it belongs to, then by the project's conventions,
 * `*.e2e.*`, `*.integration.*`, `*.bench.*` and folders of those names; where those say nothing, by patterns.
 */
export function testKindOf(file: string, patterns: KindPatterns = {}, project = ''): TestKind {
  const byProject = kindOfName(project.replace(/[\s_:/-]+/g, '.'));
  const named = byProject ?? kindOfName(file) ?? testKinds.find((kind) => patterns[kind]?.some((pattern) => matchesGlob(file, pattern)));
  return named ?? 'unit';
}

function kindOfName(name: string): TestKind | undefined {
  if (/(^|[./])(e2e|end-to-end)([./]|$)/.test(name)) return 'e2e';
  if (/(^|[./])(integration)([./]|$)/.test(name)) return 'integration';
  if (/(^|[./])(bench|benchmarks?|perf|performance)([./]|$)/.test(name)) return 'performance';
  return /(^|[./])unit([./]|$)/.test(name) ? 'unit' : undefined;
}

/** True for files that runners take for tests by name or folder. */
export function isTestFile(file: string): boolean {
  if (/(^|\/)(test_[^/]*|[^/]*_test)\.py$/.test(file)) return true;
  if (!isScript(file)) return false;
  return /[._-](test|spec)\.[cm]?[jt]sx?$/.test(file) || /(^|\/)test\.[cm]?[jt]sx?$/.test(file) || /(^|\/)test-[^/]*$/.test(file) || inTestFolder(file);
}

/** True for files that hold benchmarks by their name. */
export function isBenchmarkFile(file: string): boolean {
  return /[._-](bench|benchmark|perf)\.[cm]?[jt]sx?$/.test(file);
}

/** True for everything that tests bring along: helpers, fixtures, snapshots. */
export function inTestFolder(file: string): boolean {
  return /(^|\/)(tests?|__tests__|__snapshots__|__fixtures__|fixtures|spec|e2e)\//.test(file);
}

/** Source files whose lines a change's coverage is counted on. */
export function isSourceFile(file: string): boolean {
  if (!isScript(file) || isTestFile(file) || inTestFolder(file)) return false;
  return !/\.d\.[cm]?ts$/.test(file) && !/\.config\.[^/]*$/.test(file) && !/(^|\/)(bench|benchmarks?|examples?|docs?|scripts|node_modules|dist|coverage)\//.test(file);
}

function isScript(file: string): boolean {
  return /\.([cm]?[jt]sx?|vue|svelte)$/.test(file);
}
