import type { z } from 'zod';
import { withZod } from '@fw/agents-core/with-zod';
import { clipStart } from './clip.ts';
import { findOptionalPeer, installLine, readableFor } from './optional-peer.ts';
import { parseJson } from './parse-json.ts';
import type { Problem, ProblemTool } from './problem-tool.ts';

const nameSchema = withZod((z) => z.looseObject({ name: z.string(), line: z.number().int().min(0).optional() }));
const listSchema = withZod((z) => z.array(nameSchema).catch([]));
const reportSchema = withZod((z) => z.object({ issues: z.array(z.looseObject({ file: z.string(), files: listSchema.default([]), exports: listSchema.default([]), types: listSchema.default([]), dependencies: listSchema.default([]), devDependencies: listSchema.default([]) })) }));

const settings = ['knip.json', 'knip.jsonc', '.knip.json', '.knip.jsonc', 'knip.ts', 'knip.js', 'knip.config.ts', 'knip.config.js'];

/** Files, exports and dependencies that nothing uses, as knip finds them, with the base's settings. `beside`: a file beside which knip is installed. */
export function createDeadCodeProblems(beside?: string): ProblemTool {
  const peer = findOptionalPeer('knip', beside);
  return {
    kind: 'dead-code',
    category: 'dead-code',
    severity: 'low',
    packages: [],
    async unavailable(workspace) {
      if (peer?.program === undefined) return `knip is not there; ${installLine(['knip'])}`;
      return (await workspace.read('package.json').catch(() => undefined)) === undefined ? 'the project has no package.json' : undefined;
    },
    async run(workspace, signal, base) {
      for (const file of settings) {
        const before = await workspace.show(base, file);
        if (before === undefined) await workspace.remove(file).catch(() => undefined);
        else await workspace.write(file, before);
      }
      const command = ['node', peer?.program ?? '', '--reporter', 'json', '--no-progress', '--no-exit-code'];
      const result = await workspace.run(command, { env: { NO_COLOR: '1' }, readable: peer === undefined ? [] : readableFor(peer), timeoutMs: 300_000, maxOutput: 20_000_000, ...(signal === undefined ? {} : { signal }) });
      const report = reportSchema.safeParse(parseJson(result.output.slice(result.output.indexOf('{"issues"')).trim())).data;
      const run = { command: ['knip', ...command.slice(2)], exitCode: result.exitCode, nonce: '', digests: {} };
      if (report === undefined) return { ...run, outcome: { status: 'unusable', reason: `knip ended with exit code ${result.exitCode}: ${clipStart(result.output.trim(), 1_000)}` } };
      return { ...run, outcome: { status: 'read', problems: report.issues.flatMap(toProblems) } };
    },
  };
}

function toProblems({ file, files, exports, types, dependencies, devDependencies }: z.infer<typeof reportSchema>['issues'][number]): readonly Problem[] {
  const say = (rule: string, what: string) => ({ name, line }: z.infer<typeof nameSchema>): Problem => ({ rule, file, line: line ?? 0, message: `${what} ${name} is not used.`, identity: `${rule} ${rule === 'unused-file' ? (file.split('/').at(-1) ?? file) : name}` });
  return [...files.map(say('unused-file', 'The file')), ...[...exports, ...types].map(say('unused-export', 'The export')), ...[...dependencies, ...devDependencies].map(say('unused-dependency', 'The dependency'))];
}
