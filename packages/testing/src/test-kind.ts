import { matchesGlob } from './glob.ts';
import type { TestKind } from './test-report.ts';

/** Patterns of files of each kind. */
export type KindPatterns = { readonly [kind in TestKind]?: readonly string[] };

/**
 * The kind of a test file by the project's conventions, `*.e2e.*`, `*.integration.*`, `*.bench.*` and folders of those
 * names; where those say nothing, by patterns.
 */
export function testKindOf(file: string, patterns: KindPatterns = {}): TestKind {
  if (/(^|[./])(e2e)([./]|$)/.test(file)) return 'e2e';
  if (/(^|[./])(integration)([./]|$)/.test(file)) return 'integration';
  if (/(^|[./])(bench|benchmarks?|performance)([./]|$)/.test(file)) return 'performance';
  return (['e2e', 'integration', 'performance'] as const).find((kind) => patterns[kind]?.some((pattern) => matchesGlob(file, pattern))) ?? 'unit';
}

/** True for files that runners take for tests by name or folder. */
export function isTestFile(file: string): boolean {
  if (!isScript(file)) return false;
  return /[._-](test|spec)\.[cm]?[jt]sx?$/.test(file) || /(^|\/)test\.[cm]?[jt]sx?$/.test(file) || /(^|\/)test-[^/]*$/.test(file) || inTestFolder(file);
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
