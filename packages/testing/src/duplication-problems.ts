import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { withZod } from '@fw/agents-core/with-zod';
import { relativeFile } from './case-id.ts';
import { clipStart } from './clip.ts';
import { findOptionalPeer, installLine, readableFor } from './optional-peer.ts';
import { parseJson } from './parse-json.ts';
import type { Problem, ProblemTool } from './problem-tool.ts';
import { createResultFolder } from './result-folder.ts';

const resultFile = 'jscpd-report.json';
const placeSchema = withZod((z) => z.object({ name: z.string(), start: z.number().int().min(0), end: z.number().int().min(0) }));
const reportSchema = withZod((z) => z.object({ duplicates: z.array(z.object({ firstFile: placeSchema, secondFile: placeSchema, fragment: z.string().default(''), lines: z.number().int().min(0).default(0) })) }));

/** Code that stands twice, as jscpd finds it: fragments are known by their text, so moving one is nothing new. `beside`: a file beside which jscpd is installed. */
export function createDuplicationProblems(beside?: string): ProblemTool {
  const peer = findOptionalPeer('jscpd', beside);
  return {
    kind: 'duplication',
    category: 'duplication',
    severity: 'low',
    packages: [],
    unavailable: () => Promise.resolve(peer?.program !== undefined ? undefined : `jscpd is not there; ${installLine(['jscpd@5.3.3'])}`),
    async run(workspace, signal) {
      const folder = await createResultFolder();
      try {
        const program = peer?.program ?? '';
        const command = (output: string): string[] => ['node', program, '.', '--reporters', 'json', '--output', output, '--silent', '--mode', 'weak', '--min-lines', '10', '--min-tokens', '100', '--ignore', '**/node_modules/**,**/dist/**,**/coverage/**,**/vendor/**,**/*.min.js,**/*.json,**/*.md,**/*.snap,**/test/**,**/tests/**,**/__tests__/**,**/*.test.*,**/*.spec.*,**/fixtures/**'];
        // Settings of the project could leave out what the change adds.
        for (const file of ['.jscpd.json']) await workspace.remove(file).catch(() => undefined);
        const result = await workspace.run(command(folder.path), { env: { NO_COLOR: '1' }, writable: [folder.path], readable: peer === undefined ? [] : readableFor(peer), timeoutMs: 300_000, maxOutput: 20_000, ...(signal === undefined ? {} : { signal }) });
        const file = await folder.read(resultFile);
        const report = file.status === 'read' ? reportSchema.safeParse(parseJson(file.text)).data : undefined;
        const run = { command: ['jscpd', ...command('{results}').slice(2)], exitCode: result.exitCode, nonce: folder.nonce, digests: {} };
        if (report === undefined) return { ...run, outcome: { status: 'unusable', reason: `jscpd ended with exit code ${result.exitCode}: ${clipStart(result.output.trim(), 1_000)}` } };
        return { ...run, outcome: { status: 'read', problems: report.duplicates.map((one) => toProblem(one, workspace.root)) } };
      } finally {
        await folder.remove();
      }
    },
  };
}

function toProblem({ firstFile, secondFile, fragment, lines }: z.infer<typeof reportSchema>['duplicates'][number], root: string): Problem {
  const [file, other] = [relativeFile(root, firstFile.name), relativeFile(root, secondFile.name)];
  const text = fragment.replace(/\s+/g, ' ').trim();
  return { rule: 'duplicate', file, line: firstFile.start, message: `${lines === 0 ? firstFile.end - firstFile.start + 1 : lines} lines stand in ${other}:${secondFile.start} as well.`, identity: createHash('sha256').update(text).digest('hex') };
}
