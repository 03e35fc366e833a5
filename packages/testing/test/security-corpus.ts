import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { analyseProject } from '../src/security/analyse-project.ts';
import type { Problem } from '../src/security/run.ts';

/** Code shaped as in published advisories, vulnerable and as it was mended. */
interface CorpusCase {
  readonly name: string;
  readonly category: string;
  readonly vulnerable: ReadonlyMap<string, string>;
  readonly fixed: ReadonlyMap<string, string>;
}

/** `held-out` was written before there was an analysis, and nothing was adjusted to it. */
export type CorpusHalf = 'tuning' | 'held-out';

const root = join(import.meta.dirname, '../fixtures/security');

/** A file for each category; parts begin with `#### <name> vulnerable|fixed <file>`. */
function readCorpus(half: CorpusHalf): readonly CorpusCase[] {
  return readdirSync(join(root, half)).sort().flatMap((entry) => {
    const sides = new Map<string, Map<string, string>>();
    for (const part of readFileSync(join(root, half, entry), 'utf8').split(/^#### /m).slice(1)) {
      const end = part.indexOf('\n');
      const [name = '', side = '', file = ''] = part.slice(0, end).split(' ');
      const key = `${name} ${side}`;
      sides.set(key, (sides.get(key) ?? new Map<string, string>()).set(file, part.slice(end + 1)));
    }
    const names = [...new Set([...sides.keys()].map((key) => key.split(' ')[0] ?? ''))];
    return names.map((name): CorpusCase => ({ name, category: entry.replace('.txt', ''), vulnerable: sides.get(`${name} vulnerable`) ?? new Map(), fixed: sides.get(`${name} fixed`) ?? new Map() }));
  });
}

export interface CorpusOutcome {
  readonly name: string;
  readonly category: string;
  /** The vulnerable side is found, in its own category. */
  readonly isFound: boolean;
  /** What is said of the mended side, in any category. */
  readonly falseAlarms: readonly Problem[];
}

export async function measureCorpus(half: CorpusHalf): Promise<readonly CorpusOutcome[]> {
  const outcomes: CorpusOutcome[] = [];
  for (const { name, category, vulnerable, fixed } of readCorpus(half)) {
    const found = (await analyseProject({ files: vulnerable })).problems;
    outcomes.push({ name, category, isFound: found.some((problem) => problem.category === category), falseAlarms: (await analyseProject({ files: fixed })).problems });
  }
  return outcomes;
}
