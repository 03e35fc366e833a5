import { loadZod } from '@fw/agents-core/with-zod';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { relativeFile } from './case-id.ts';
import { parseIstanbulCoverage } from './istanbul-coverage.ts';
import { parseCaseEvents } from './parse-case-events.ts';
import { parseJson } from './parse-json.ts';
import { readEventFiles } from './read-event-files.ts';
import { addReporter } from './reporter-tool.ts';
import { keepWords, namePattern, toCommand, toWord } from './runner-adapter.ts';
import type { CommandRequest, CommandResults, RunnerAdapter } from './runner-adapter.ts';
import type { Word } from './shell-words.ts';
import { isBenchmarkFile } from './test-kind.ts';
import type { CoverageOutcome } from './test-report.ts';

const coverageFile = 'coverage/coverage-final.json';
const withValue = ['-c', '--config', '-r', '--root', '--dir', '--project', '-t', '--testNamePattern', '--environment', '--pool', '--mode', '--reporter', '--outputFile', '--maxWorkers'];

/** vitest, by a reporter of ours that writes line by line, and the coverage provider that the project has installed. */
export const vitestAdapter: RunnerAdapter = {
  packages: ['vitest', '@vitest/coverage-v8', '@vitest/coverage-istanbul'],
  async build(command, request) {
    const [program, ...rest] = command.words;
    const kept = keepWords(rest, { drop: /^(--coverage|--reporter|--outputFile|--watch|-w$|--ui|--open)/, withValue, keepFiles: request.files.length === 0, subcommands: ['run', 'watch', 'dev'] });
    const own = [...(request.kind === 'performance' ? ['--no-file-parallelism'] : []), '--watch=false', '--reporter=default', `--reporter=${await addReporter(request.folder, 'vitest-reporter')}`, ...coverageOptions(request)];
    if (request.names.length > 0) own.push(`--testNamePattern=${namePattern(request.names)}`);
    const words = [...(program === undefined ? [] : [program]), ...asBenchmark(kept, request), ...[...own, ...request.files].map(toWord)];
    return { command: toCommand(words), env: { ...command.env, FW_TEST_RESULTS: request.folder.path }, stdin: request.folder.secrets };
  },
  async read(request) {
    const results = await readEventFiles(request, parseCaseEvents, 'vitest');
    return request.coverage ? readCoverage(request, results) : results;
  },
  list(command) {
    const [program, ...rest] = command.words;
    const options = keepWords(rest, { drop: /^(--coverage|--reporter|--outputFile|--watch|-w$|--ui|--open|--run$|--pass)/, withValue, keepFiles: true, subcommands: [] }).filter((word) => !['run', 'watch', 'dev'].includes(word.value));
    const words = [...(program === undefined ? [] : [program]), toWord('list'), ...options, ...['--filesOnly', '--json={list}'].map(toWord)];
    return Promise.resolve({ command: toCommand(words), env: command.env });
  },
  parseList(text, root) {
    const z = loadZod();
    const listed = z.array(z.object({ file: z.string(), projectName: z.string().optional() })).safeParse(parseJson(text));
    return (listed.data ?? []).map(({ file, projectName = '' }) => ({ file: relativeFile(root, file), project: projectName }));
  },
};

/** Files of benchmarks have a command of their own. */
function asBenchmark(words: readonly Word[], request: CommandRequest): readonly Word[] {
  if (request.kind !== 'performance' || !request.files.every(isBenchmarkFile)) return words;
  return [toWord('bench'), ...words.filter((word) => !['run', 'watch', 'dev'].includes(word.value))];
}

function coverageOptions(request: CommandRequest): readonly string[] {
  const provider = request.coverage ? installedProvider(request) : undefined;
  if (provider === undefined) return ['--coverage.enabled=false'];
  return [
    '--coverage.enabled=true', `--coverage.provider=${provider}`, '--coverage.reporter=json', '--coverage.reportOnFailure=true',
    `--coverage.reportsDirectory=${join(request.folder.path, 'coverage')}`,
    // A missed threshold ends vitest with exit code 1 as a failed test does; thresholds are the policy's business.
    ...['lines', 'branches', 'functions', 'statements'].map((name) => `--coverage.thresholds.${name}=0`),
  ];
}

function installedProvider({ root, directory }: CommandRequest): 'v8' | 'istanbul' | undefined {
  const isIn = (folder: string, name: string): boolean => existsSync(join(folder, 'node_modules', '@vitest', `coverage-${name}`, 'package.json'));
  return (['v8', 'istanbul'] as const).find((name) => isIn(directory, name) || isIn(root, name));
}

async function readCoverage(request: CommandRequest, results: CommandResults): Promise<CommandResults> {
  const unavailable = (reason: string): CommandResults => ({ ...results, coverage: { status: 'unavailable', reason } satisfies CoverageOutcome });
  if (installedProvider(request) === undefined) return unavailable('the project has no vitest coverage provider; npm install -D @vitest/coverage-v8');
  const file = await request.folder.read(coverageFile);
  if (file.status === 'unusable') return unavailable(`vitest wrote no coverage: ${file.reason}`);
  return { ...results, digests: { ...results.digests, [coverageFile]: file.digest }, coverage: parseIstanbulCoverage(file.text, request.root) };
}
