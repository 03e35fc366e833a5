import { join } from 'node:path';
import { parseCaseEvents } from './parse-case-events.ts';
import { readEventFiles } from './read-event-files.ts';
import { readV8Folder } from './read-v8-folder.ts';
import { addReporter } from './reporter-tool.ts';
import { keepWords, namePattern, splitLauncher, toCommand, toWord } from './runner-adapter.ts';
import type { RunnerAdapter } from './runner-adapter.ts';

const withValue = [
  '-r', '--require', '--import', '-t', '--timeout', '-s', '--slow', '-g', '--grep', '-f', '--fgrep', '-u', '--ui', '--config', '--package', '--spec', '--extension', '--ignore', '--file', '-j', '--jobs', '--retries',
  '-n', '--node-option', '-R', '--reporter', '-O', '--reporter-option', '--reporter-options',
];
const drop = /^(--reporter|-R$|-O$|--watch|-w$|--bail|-b$|--parallel|-p$|--dry-run|--pass-on-failing-test-suite|--no-exit-code)/;

/** mocha, by a reporter of ours that writes line by line, and V8's own coverage. */
export const mochaAdapter: RunnerAdapter = {
  packages: ['mocha'],
  async build(command, request) {
    const [start, rest] = splitLauncher(command.words, 'mocha');
    const kept = keepWords(rest, { drop, withValue, keepFiles: request.files.length === 0, subcommands: [] });
    const reporter = await addReporter(request.folder, 'mocha-reporter');
    const own = ['--reporter', reporter];
    if (request.names.length > 0) own.push(`--grep=${namePattern(request.names)}`);
    // Required first of all, so that it is there before anything of the project.
    const words = [...start, ...['--require', reporter].map(toWord), ...kept, ...own.map(toWord), ...request.files.map(toWord)];
    const coverage = request.coverage ? { NODE_V8_COVERAGE: join(request.folder.path, 'v8') } : {};
    return { command: toCommand(words), env: { ...command.env, ...coverage, FW_TEST_RESULTS: request.folder.path }, stdin: request.folder.secrets };
  },
  async read(request) {
    const results = await readEventFiles(request, parseCaseEvents, 'mocha');
    return { ...results, ...(request.coverage ? { coverage: await readV8Folder(request) } : {}) };
  },
};
