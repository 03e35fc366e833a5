import { cp, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ChatAnswer } from './fake-openai.ts';
import { call, finish } from './fake-team.ts';
import type { TeamView } from './fake-team.ts';

const project = fileURLToPath(new URL('../demo/project/', import.meta.url));

export const goal = 'parseDuration(\'1h30m\') gives 5400000.';

/** The demo's example project: small enough to be worked on many times. */
export async function makeProject(folder: string): Promise<void> {
  await cp(project, folder, { recursive: true });
}

/** A developer who does it right: a test first, seen red, then the code, seen green. */
export function playGoodDeveloper(view: TeamView): ChatAnswer {
  const steps = [
    call('write_file', { path: 'test/combined.test.js', content: 'import assert from \'node:assert/strict\';\nimport test from \'node:test\';\nimport { parseDuration } from \'../src/parse-duration.js\';\n\ntest(\'adds up parts\', () => {\n  assert.equal(parseDuration(\'1h30m\'), 5_400_000);\n});\n' }),
    call('run_tests', { scope: 'all' }),
    call('write_file', { path: 'src/parse-duration.js', replace: true, content: goodCode }),
    call('run_tests', { scope: 'all' }),
  ];
  return steps[view.turn] ?? finish(view, 'parseDuration adds up parts.');
}

const goodCode = `export function parseDuration(text) {
  const match = /^(?:(\\d+)h)?(?:(\\d+)m)?(?:(\\d+)s)?$/.exec(text);
  if (!match || text === '') return NaN;
  const [, hours = 0, minutes = 0, seconds = 0] = match;
  return Number(hours) * 3_600_000 + Number(minutes) * 60_000 + Number(seconds) * 1000;
}
`;

export async function readSource(folder: string): Promise<string> {
  return readFile(path.join(folder, 'src/parse-duration.js'), 'utf8');
}
