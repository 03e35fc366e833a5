import { join } from 'node:path';
import { parseTap } from './parse-tap.ts';
import { readV8Folder } from './read-v8-folder.ts';
import { keepWords, splitLauncher, toWord } from './runner-adapter.ts';
import type { RunnerAdapter } from './runner-adapter.ts';
import { quoteWord } from './shell-words.ts';

const resultFile = 'results.tap';
const options = { tape: [], tap: ['--reporter=tap', '--disable-coverage'], ava: ['--tap'] } as const;
const withValue = ['-r', '--require', '-i', '--ignore', '--import', '-m', '--match', '-T', '--timeout', '-c', '--concurrency', '--config', '--node-arguments', '-R', '--reporter', '-j', '--jobs', '-t', '--grep'];
const drop = /^(--tap$|--watch|-w$|--verbose|-R$|--reporter|--coverage|--disable-coverage|--check-coverage|--no-check-coverage|--100$|--fail-fast|--bail|-b$|--update-snapshots|-u$)/;

/** A runner that prints TAP: its standard output is the result file. */
export function tapAdapter(runner: 'tape' | 'tap' | 'ava'): RunnerAdapter {
  return {
    packages: [runner],
    build(command, request) {
      const [start, rest] = splitLauncher(command.words, runner);
      const kept = keepWords(rest, { drop, withValue, keepFiles: request.files.length === 0, subcommands: ['run'] });
      const words = [...start, ...kept, ...[...options[runner], ...request.files].map(toWord)];
      const script = `${words.map((word) => word.raw).join(' ')} > ${quoteWord(join(request.folder.path, resultFile))}`;
      const coverage = request.coverage ? { NODE_V8_COVERAGE: join(request.folder.path, 'v8') } : {};
      return Promise.resolve({ command: ['sh', '-c', script], env: { ...command.env, ...coverage } });
    },
    async read(request) {
      const coverage = request.coverage ? { coverage: await readV8Folder(request) } : {};
      const file = await request.folder.read(resultFile);
      if (file.status === 'unusable') return { parsed: { status: 'unusable', reason: file.reason, cases: [] }, digests: {}, ...coverage };
      return { parsed: parseTap(file.text), digests: { [resultFile]: file.digest }, ...coverage };
    },
  };
}
