import { join } from 'node:path';
import { parseIstanbulCoverage } from './istanbul-coverage.ts';
import { parseCaseEvents } from './parse-case-events.ts';
import { readEventFiles } from './read-event-files.ts';
import { addReporter } from './reporter-tool.ts';
import { keepWords, namePattern, splitLauncher, toCommand, toWord } from './runner-adapter.ts';
import type { RunnerAdapter } from './runner-adapter.ts';
import type { CoverageOutcome } from './test-report.ts';

const coverageFile = 'coverage/coverage-final.json';
const withValue = [
  '-c', '--config', '-t', '--testNamePattern', '-w', '--maxWorkers', '--testPathPattern', '--testPathPatterns', '--testPathIgnorePatterns', '--projects', '--selectProjects', '--rootDir', '--roots',
  '--env', '--testEnvironment', '--testTimeout', '--shard', '--reporters', '--outputFile', '--coverageDirectory', '--coverageReporters', '--coverageProvider', '--collectCoverageFrom', '--setupFilesAfterEnv',
];
const drop = /^(--json|--outputFile|--watch|--coverage|--collectCoverage|--reporters|--ci$|--passWithNoTests|--onlyChanged|-o$|--bail|-b$|--changedSince|--lastCommit)/;

/** jest, by a reporter of ours that writes line by line, and its own coverage. */
export const jestAdapter: RunnerAdapter = {
  packages: ['jest'],
  async build(command, request) {
    const [start, rest] = splitLauncher(command.words, 'jest');
    const kept = keepWords(rest, { drop, withValue, keepFiles: request.files.length === 0, subcommands: [] });
    const coverage = request.coverage
      ? ['--coverage', '--coverageReporters=json', `--coverageDirectory=${join(request.folder.path, 'coverage')}`, '--coverageThreshold={}']
      : ['--coverage=false'];
    const own = ['--ci', '--reporters=default', `--reporters=${await addReporter(request.folder, 'jest-reporter')}`, ...coverage];
    if (request.kind === 'performance') own.push('--runInBand');
    if (request.names.length > 0) own.push(`--testNamePattern=${namePattern(request.names)}`);
    if (request.files.length > 0) own.push('--runTestsByPath', ...request.files);
    return { command: toCommand([...start, ...kept, ...own.map(toWord)]), env: { ...command.env, FW_TEST_RESULTS: request.folder.path }, stdin: request.folder.secrets };
  },
  async read(request) {
    const results = await readEventFiles(request, parseCaseEvents, 'jest');
    if (!request.coverage) return results;
    const covered = await request.folder.read(coverageFile);
    const coverage: CoverageOutcome = covered.status === 'read' ? parseIstanbulCoverage(covered.text, request.root) : { status: 'unavailable', reason: `jest wrote no coverage: ${covered.reason}` };
    return { ...results, coverage, digests: { ...results.digests, ...(covered.status === 'read' ? { [coverageFile]: covered.digest } : {}) } };
  },
};
