import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { clipStart } from './clip.ts';
import type { Problem, ProblemTool } from './problem-tool.ts';

const command = ['tsc', '--noEmit', '--pretty', 'false', '-p', 'tsconfig.json'];

/** The project's own TypeScript. It runs no code of the project, so its output can be believed. */
export const typescriptProblems: ProblemTool = {
  kind: 'types',
  category: 'type',
  severity: 'medium',
  packages: ['typescript'],
  async unavailable(workspace) {
    const config = await workspace.read('tsconfig.json').catch(() => undefined);
    if (config === undefined) return 'the project has no tsconfig.json';
    if (/"references"\s*:/.test(config)) return 'the project uses project references, which cannot be checked yet';
    return existsSync(join(workspace.root, 'node_modules', '.bin', 'tsc')) ? undefined : 'the project has no TypeScript installed';
  },
  async run(workspace, signal) {
    const result = await workspace.run(command, { env: { NO_COLOR: '1' }, timeoutMs: 300_000, ...(signal === undefined ? {} : { signal }) });
    const problems = result.output.split('\n').map(readProblem).filter((problem) => problem !== undefined);
    const agree = result.omitted === 0 && !result.timedOut && !result.outOfMemory && (result.exitCode === 0) === (problems.length === 0);
    return {
      command,
      exitCode: result.exitCode,
      digests: { 'tsc.txt': createHash('sha256').update(result.output).digest('hex') },
      nonce: '',
      outcome: agree ? { status: 'read', problems } : { status: 'unusable', reason: `tsc ended with exit code ${result.exitCode}: ${clipStart(result.output.trim(), 1_000)}` },
    };
  },
};

function readProblem(line: string): Problem | undefined {
  const located = /^(.+?)\((\d+),\d+\): error (TS\d+): (.*)$/.exec(line);
  if (located !== null) return { file: located[1] ?? '', line: Number(located[2]), rule: located[3] ?? '', message: located[4] ?? '' };
  const global = /^error (TS\d+): (.*)$/.exec(line);
  return global === null ? undefined : { file: 'tsconfig.json', line: 0, rule: global[1] ?? '', message: global[2] ?? '' };
}
