import { relativeFile } from './case-id.ts';
import { summarizeCoverage } from './coverage.ts';
import type { FileCoverage } from './coverage.ts';
import type { CoverageOutcome } from './test-report.ts';

interface Record {
  readonly lines: Map<number, number>;
  /** Hits of each branch, by `line,block,branch`. */
  readonly branches: Map<string, number>;
}

/** Reads a tracefile as `lcov`, c8, nyc and pytest-cov write it (geninfo(1)); a file that appears twice counts once, with both. */
export function parseLcov(text: string, root: string): CoverageOutcome {
  const records = new Map<string, Record>();
  let current: Record | undefined;
  let ended = false;
  for (const line of text.split('\n')) {
    const at = line.indexOf(':');
    const [key, value] = at === -1 ? [line.trim(), ''] : [line.slice(0, at), line.slice(at + 1).trim()];
    if (key === 'SF') {
      const file = relativeFile(root, value);
      current = records.get(file) ?? { lines: new Map(), branches: new Map() };
      records.set(file, current);
      ended = false;
    } else if (key === 'end_of_record') {
      current = undefined;
      ended = true;
    } else if (current !== undefined && key === 'DA') {
      const [number, hits] = value.split(',').map(Number);
      if (number !== undefined && hits !== undefined && Number.isSafeInteger(number) && number > 0 && hits >= 0) add(current.lines, number, hits);
    } else if (current !== undefined && key === 'BRDA') {
      const match = /^(\d+),(e?\d+),([^,]*),(-|\d+)$/.exec(value);
      if (match !== null) add(current.branches, `${match[1] ?? ''},${match[2] ?? ''},${match[3] ?? ''}`, match[4] === '-' ? 0 : Number(match[4]));
    }
  }
  if (records.size === 0 || !ended) return { status: 'unavailable', reason: 'the coverage report is damaged' };
  const files = [...records].filter(([file]) => !/^([\\/]|\w:|\.\.)/.test(file) && !file.includes('node_modules/'));
  return { status: 'measured', coverage: summarizeCoverage(Object.fromEntries(files.map(([file, record]) => [file, toFile(record)]))) };
}

function add<Key>(counts: Map<Key, number>, key: Key, hits: number): void {
  counts.set(key, (counts.get(key) ?? 0) + hits);
}

function toFile({ lines, branches }: Record): FileCoverage {
  const numbers = [...lines.keys()].sort((left, right) => left - right);
  return {
    covered: numbers.filter((line) => lines.get(line) !== 0),
    uncovered: numbers.filter((line) => lines.get(line) === 0),
    branches: [...branches].map(([key, hits]) => ({ line: Number(key.slice(0, key.indexOf(','))), covered: hits > 0 })),
  };
}
