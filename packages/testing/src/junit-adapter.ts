import { join } from 'node:path';
import { parseJunit } from './parse-junit.ts';
import { toCommand } from './runner-adapter.ts';
import type { RunnerAdapter } from './runner-adapter.ts';

const resultFile = 'junit.xml';

/** Any command that writes a JUnit report to the path put in place of `{results}`. */
export const junitAdapter: RunnerAdapter = {
  packages: [],
  async build(command, request) {
    const path = join(request.folder.path, resultFile);
    return { command: toCommand(command.words).map((word) => word.replaceAll('{results}', path)), env: command.env };
  },
  async read(request) {
    const unavailable = request.coverage ? { coverage: { status: 'unavailable', reason: 'coverage is not read from JUnit commands' } as const } : {};
    const file = await request.folder.read(resultFile);
    if (file.status === 'unusable') return { parsed: { status: 'unusable', reason: file.reason, cases: [] }, digests: {}, ...unavailable };
    return { parsed: parseJunit(file.text, request.root), digests: { [resultFile]: file.digest }, ...unavailable };
  },
};
