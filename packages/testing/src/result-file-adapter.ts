import { join } from 'node:path';
import type { ResultFormat } from './detect-runner.ts';
import { readCoverageText } from './read-coverage-text.ts';
import { parseJestJson } from './parse-jest-json.ts';
import { parseJunit } from './parse-junit.ts';
import { parseMochaJson } from './parse-mocha-json.ts';
import type { ParsedResults } from './parsed-results.ts';
import { parseTap } from './parse-tap.ts';
import { toCommand } from './runner-adapter.ts';
import type { RunnerAdapter } from './runner-adapter.ts';

const resultFile = 'result-file';
const coverageFile = 'coverage-file';

const parsers: { readonly [format in ResultFormat]: (text: string, root: string) => ParsedResults } = {
  vitest: parseJestJson, jest: parseJestJson, mocha: parseMochaJson, tap: parseTap, 'node:test': parseJunit, playwright: parseJunit, pytest: parseJunit, junit: parseJunit,
};

/**
 * Any command that writes its results to the path put in place of `{results}`: JSON as vitest, jest and mocha write it,
 * TAP, JUnit otherwise. Coverage is read from the path put in place of `{coverage}`: lcov, or istanbul's JSON.
 */
export function resultFileAdapter(format: ResultFormat): RunnerAdapter {
  return {
    packages: [],
    async build(command, { folder }) {
      const fill = (word: string): string => word.replaceAll('{results}', join(folder.path, resultFile)).replaceAll('{coverage}', join(folder.path, coverageFile));
      return { command: toCommand(command.words).map(fill), env: command.env };
    },
    async read({ folder, coverage: wanted, root }) {
      const [results, covered] = [await folder.read(resultFile), wanted ? await folder.read(coverageFile) : undefined];
      const coverage = covered === undefined ? {} : { coverage: covered.status === 'read' ? await readCoverageText(covered.text, root) : { status: 'unavailable', reason: 'the command writes no coverage; put {coverage} in the place of its lcov or istanbul file' } as const };
      const digests = { ...(results.status === 'read' ? { [resultFile]: results.digest } : {}), ...(covered?.status === 'read' ? { [coverageFile]: covered.digest } : {}) };
      const parsed: ParsedResults = results.status === 'read' ? parsers[format](results.text, root) : { status: 'unusable', reason: results.reason, cases: [] };
      return { parsed, digests, ...coverage };
    },
  };
}
