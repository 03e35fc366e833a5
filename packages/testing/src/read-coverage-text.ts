import { parseIstanbulCoverage } from './istanbul-coverage.ts';
import { parseLcov } from './parse-lcov.ts';
import type { CoverageOutcome } from './test-report.ts';

/** Reads a coverage file of a form that its content tells: istanbul's JSON or lcov. */
export async function readCoverageText(text: string, root: string): Promise<CoverageOutcome> {
  return /^\s*\{/.test(text) ? parseIstanbulCoverage(text, root) : parseLcov(text, root);
}
