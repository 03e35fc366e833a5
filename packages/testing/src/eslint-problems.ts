import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';
import { withZod } from '@fw/agents-core/with-zod';
import { relativeFile } from './case-id.ts';
import { clipStart } from './clip.ts';
import type { ProblemTool } from './problem-tool.ts';
import { createResultFolder } from './result-folder.ts';

const resultFile = 'eslint.json';
const configs = ['eslint.config.js', 'eslint.config.mjs', 'eslint.config.cjs', 'eslint.config.ts', '.eslintrc.json', '.eslintrc.js', '.eslintrc.cjs', '.eslintrc.yml', '.eslintrc'];
const messageSchema = withZod((z) => z.object({ ruleId: z.string().nullish(), severity: z.number(), message: z.string(), line: z.number().int().min(0).nullish() }));
const reportSchema = withZod((z) => z.array(z.object({ filePath: z.string(), messages: z.array(messageSchema) })));

/** The project's own ESLint; errors count, warnings do not. */
export const eslintProblems: ProblemTool = {
  kind: 'lint',
  category: 'lint',
  severity: 'medium',
  packages: ['eslint'],
  unavailable(workspace) {
    if (!configs.some((name) => existsSync(join(workspace.root, name)))) return Promise.resolve('the project has no ESLint configuration');
    return Promise.resolve(existsSync(join(workspace.root, 'node_modules', '.bin', 'eslint')) ? undefined : 'the project has no ESLint installed');
  },
  async run(workspace, signal) {
    const folder = await createResultFolder();
    try {
      const command = (path: string): string[] => ['eslint', '--format', 'json', '--output-file', path, '--no-error-on-unmatched-pattern', '.'];
      const result = await workspace.run(command(join(folder.path, resultFile)), { env: { NO_COLOR: '1' }, writable: [folder.path], timeoutMs: 300_000, maxOutput: 20_000, ...(signal === undefined ? {} : { signal }) });
      const file = await folder.read(resultFile);
      const run = { command: command(`{results}/${resultFile}`), exitCode: result.exitCode, nonce: folder.nonce, digests: file.status === 'read' ? { [resultFile]: file.digest } : {} };
      const report = file.status === 'read' ? parse(file.text) : undefined;
      const problems = report?.flatMap(({ filePath, messages }) =>
        messages.filter((one) => one.severity === 2).map((one) => ({ file: relativeFile(workspace.root, filePath), line: one.line ?? 0, rule: one.ruleId ?? 'syntax', message: one.message })),
      );
      const agree = problems !== undefined && !result.timedOut && (problems.length === 0 ? result.exitCode === 0 : result.exitCode === 1);
      return { ...run, outcome: agree ? { status: 'read', problems } : { status: 'unusable', reason: `eslint ended with exit code ${result.exitCode}: ${clipStart(result.output.trim(), 1_000)}` } };
    } finally {
      await folder.remove();
    }
  },
};

function parse(text: string): z.infer<typeof reportSchema> | undefined {
  try {
    return reportSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
