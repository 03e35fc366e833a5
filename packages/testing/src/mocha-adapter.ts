import { join } from 'node:path';
import { parseMochaJson } from './parse-mocha-json.ts';
import { readV8Folder } from './read-v8-folder.ts';
import { keepWords, namePattern, splitLauncher, toCommand, toWord } from './runner-adapter.ts';
import type { RunnerAdapter } from './runner-adapter.ts';

const resultFile = 'mocha.json';
const withValue = [
  '-r', '--require', '--import', '-t', '--timeout', '-s', '--slow', '-g', '--grep', '-f', '--fgrep', '-u', '--ui', '--config', '--package', '--spec', '--extension', '--ignore', '--file', '-j', '--jobs', '--retries',
  '-n', '--node-option', '-R', '--reporter', '-O', '--reporter-option', '--reporter-options',
];
const drop = /^(--reporter|-R$|-O$|--watch|-w$|--bail|-b$|--parallel|-p$|--dry-run|--pass-on-failing-test-suite|--no-exit-code)/;

/** mocha, by its JSON reporter, and V8's own coverage. */
export const mochaAdapter: RunnerAdapter = {
  packages: ['mocha'],
  build(command, request) {
    const [start, rest] = splitLauncher(command.words, 'mocha');
    const kept = keepWords(rest, { drop, withValue, keepFiles: request.files.length === 0, subcommands: [] });
    const own = ['--reporter', 'json', '--reporter-option', `output=${join(request.folder.path, resultFile)}`];
    if (request.names.length > 0) own.push('--grep', namePattern(request.names));
    const words = [...start, ...kept, ...own.map(toWord), ...request.files.map(toWord)];
    const coverage = request.coverage ? { NODE_V8_COVERAGE: join(request.folder.path, 'v8') } : {};
    return Promise.resolve({ command: toCommand(words), env: { ...command.env, ...coverage } });
  },
  async read(request) {
    const coverage = request.coverage ? { coverage: await readV8Folder(request) } : {};
    const file = await request.folder.read(resultFile);
    if (file.status === 'unusable') return { parsed: { status: 'unusable', reason: file.reason, cases: [] }, digests: {}, ...coverage };
    return { parsed: parseMochaJson(file.text, request.root), digests: { [resultFile]: file.digest }, ...coverage };
  },
};
