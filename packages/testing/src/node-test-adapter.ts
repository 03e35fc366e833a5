import { join } from 'node:path';
import { parseNodeEvents } from './parse-node-events.ts';
import { readEventFiles } from './read-event-files.ts';
import { readV8Folder } from './read-v8-folder.ts';
import { addReporter } from './reporter-tool.ts';
import type { ResultFolder } from './result-folder.ts';
import { keepWords, namePattern, toCommand, toWord } from './runner-adapter.ts';
import type { CommandRequest, RunnerAdapter } from './runner-adapter.ts';

const withValue = [
  '-r', '--require', '--import', '--loader', '--experimental-loader', '-C', '--conditions', '--env-file', '--test-concurrency', '--test-timeout', '--test-shard',
  '--test-name-pattern', '--test-skip-pattern', '--test-reporter', '--test-reporter-destination', '--test-coverage-include', '--test-coverage-exclude', '--tsconfig',
];
const drop = /^(--test-reporter|--experimental-test-coverage|--test-coverage|--watch)/;

/** `node --test`, by a reporter of ours that writes line by line, and V8's own coverage. */
export const nodeTestAdapter: RunnerAdapter = {
  packages: [],
  async build(command, request) {
    const [program, ...rest] = command.words;
    const kept = keepWords(rest, { drop, withValue, keepFiles: request.files.length === 0, subcommands: [] });
    const own = await reporterOptions(request.folder);
    if (request.names.length > 0) own.push(`--test-name-pattern=${namePattern(request.names)}`);
    if (request.kind === 'performance') own.push('--test-concurrency=1');
    const words = [...(program === undefined ? [] : [program]), ...own.map(toWord), ...kept, ...request.files.map(toWord)];
    return { command: toCommand(words), env: { ...command.env, ...resultsEnv(request) }, stdin: request.folder.secrets };
  },
  read: readResults,
};

/** Any command that ends in `node --test`: the reporter reaches it through NODE_OPTIONS. */
export const nodeOptionsAdapter: RunnerAdapter = {
  packages: [],
  async build(command, request) {
    const options = await reporterOptions(request.folder);
    if (request.names.length > 0) options.push(`--test-name-pattern=${namePattern(request.names)}`);
    const quoted = options.map((option) => `"${option.replace(/["\\]/g, '\\$&')}"`).join(' ');
    return { command: toCommand([...command.words, ...request.files.map(toWord)]), env: { ...command.env, ...resultsEnv(request), NODE_OPTIONS: quoted }, stdin: request.folder.secrets };
  },
  read: readResults,
};

async function reporterOptions(folder: ResultFolder): Promise<string[]> {
  const reporter = await addReporter(folder, 'node-reporter');
  return [`--test-reporter=${reporter}`, '--test-reporter-destination=stderr', '--test-reporter=spec', '--test-reporter-destination=stdout'];
}

function resultsEnv(request: CommandRequest): { readonly [name: string]: string } {
  return { FW_TEST_RESULTS: request.folder.path, ...(request.coverage ? { NODE_V8_COVERAGE: join(request.folder.path, 'v8') } : {}) };
}

async function readResults(request: CommandRequest): ReturnType<RunnerAdapter['read']> {
  const results = await readEventFiles(request, parseNodeEvents, 'node:test');
  return { ...results, ...(request.coverage ? { coverage: await readV8Folder(request) } : {}) };
}
