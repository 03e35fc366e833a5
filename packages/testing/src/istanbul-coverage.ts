import type { CoverageMap, CoverageMapData } from 'istanbul-lib-coverage';
import { relativeFile } from './case-id.ts';
import { summarizeCoverage } from './coverage.ts';
import type { FileCoverage } from './coverage.ts';
import { loadIstanbul } from './parser-modules.ts';
import type { CoverageOutcome } from './test-report.ts';

/** Reads `coverage-final.json` as istanbul and vitest write it. */
export function parseIstanbulCoverage(text: string, root: string): CoverageOutcome {
  try {
    const map = loadIstanbul().createCoverageMap(JSON.parse(text) as CoverageMapData);
    return { status: 'measured', coverage: summarizeCoverage(toFiles(map, root)) };
  } catch {
    return { status: 'unavailable', reason: 'the coverage report is damaged' };
  }
}

/** Line and branch numbers of each file of a coverage map that lies in the workspace. */
export function toFiles(map: CoverageMap, root: string): { readonly [file: string]: FileCoverage } {
  const files: Record<string, FileCoverage> = {};
  for (const path of map.files()) {
    const file = relativeFile(root, path);
    if (file === path || file.includes('node_modules/')) continue;
    const coverage = map.fileCoverageFor(path);
    const lines = Object.entries(coverage.getLineCoverage());
    const branches = Object.entries(coverage.branchMap).flatMap(([id, { loc }]) => (coverage.b[id] ?? []).map((hits) => ({ line: loc.start.line, covered: hits > 0 })));
    files[file] = {
      covered: lines.filter(([, hits]) => hits > 0).map(([line]) => Number(line)),
      uncovered: lines.filter(([, hits]) => hits === 0).map(([line]) => Number(line)),
      branches,
    };
  }
  return files;
}
