import { isAbsolute, relative, sep } from 'node:path';
import type { TestCase } from './test-report.ts';

/** Makes ids unique in the order of the run, so that two tests of one name stay two tests. */
export function withUniqueIds<Case extends Pick<TestCase, 'id'>>(cases: readonly Case[]): readonly Case[] {
  const seen = new Map<string, number>();
  return cases.map((test) => {
    const times = (seen.get(test.id) ?? 0) + 1;
    seen.set(test.id, times);
    return times === 1 ? test : { ...test, id: `${test.id} #${times}` };
  });
}

/** `file > suite > name`. */
export function caseId(file: string, path: readonly string[]): string {
  return [file, ...path].join(' > ');
}

/** A path as the runner wrote it, relative to the workspace with `/`; outside of it, it stays as it was. */
export function relativeFile(root: string, file: string): string {
  if (!isAbsolute(file)) return file.split(sep).join('/');
  const inside = relative(root, file);
  return inside === '' || inside.startsWith('..') ? file : inside.split(sep).join('/');
}
