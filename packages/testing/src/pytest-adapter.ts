import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { caseId } from './case-id.ts';
import { parseJunit } from './parse-junit.ts';
import { keepWords, splitLauncher, toCommand, toWord } from './runner-adapter.ts';
import type { RunnerAdapter } from './runner-adapter.ts';
import type { TestCase } from './test-report.ts';

const resultFile = 'junit.xml';
const withValue = ['-k', '-m', '-p', '-c', '-o', '-W', '-n', '--rootdir', '--maxfail', '--tb', '--junitxml', '--junit-xml', '--cov', '--cov-report', '--ignore', '--durations'];
const drop = /^(--junit-?xml|--cov|-x$|--exitfirst|--maxfail|--lf$|--ff$|--last-failed|--collect-only|--co$)/;

/** pytest, by its JUnit report. */
export const pytestAdapter: RunnerAdapter = {
  packages: [],
  build(command, request) {
    const [start, rest] = splitLauncher(command.words, 'pytest');
    const kept = keepWords(rest, { drop, withValue, keepFiles: request.files.length === 0, subcommands: [] });
    const own = [`--junitxml=${join(request.folder.path, resultFile)}`, '-p', 'no:cacheprovider'];
    if (request.names.length > 0) own.push('-k', request.names.map((name) => name.replace(/[^\w]+/g, ' and ')).join(' or '));
    return Promise.resolve({ command: toCommand([...start, ...kept, ...[...own, ...request.files].map(toWord)]), env: { ...command.env, PYTHONDONTWRITEBYTECODE: '1' } });
  },
  async read(request) {
    const unavailable = request.coverage ? { coverage: { status: 'unavailable', reason: 'coverage of pytest is not read' } as const } : {};
    const file = await request.folder.read(resultFile);
    if (file.status === 'unusable') return { parsed: { status: 'unusable', reason: file.reason, cases: [] }, digests: {}, ...unavailable };
    const parsed = parseJunit(file.text, request.root);
    return { parsed: { ...parsed, cases: parsed.cases.map((test) => withFile(test, request.root)) }, digests: { [resultFile]: file.digest }, ...unavailable };
  },
};

/** pytest names the module, `tests.test_a.TestSum`; the longest part of it that is a file is the file. */
function withFile(test: TestCase, root: string): TestCase {
  const parts = test.file.split('.');
  for (let length = parts.length; length > 0; length--) {
    const file = `${parts.slice(0, length).join('/')}.py`;
    if (existsSync(join(root, file))) return { ...test, file, id: caseId(file, [...parts.slice(length), test.name]) };
  }
  return test;
}
