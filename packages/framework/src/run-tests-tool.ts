import { defineTool } from '@fw/agents-core';
import type { TaskWorkspace, Tool } from '@fw/agents-core';
import { createTestRunner } from '@fw/testing';
import type { TestReport } from '@fw/testing';
import { loadZod, withZod } from '@fw/agents-core/with-zod';
import type { OutputStore } from '@fw/workspace/tools';
import type { z } from 'zod';
import { changedTests } from './changed-tests.ts';
import { relatedTests } from './related-tests.ts';
import type { RunSession } from './run-session.ts';
import { testsAnswer } from './tests-answer.ts';

const plain = (maxCharacters: number): z.ZodString => loadZod().string().min(1).max(maxCharacters).refine((text) => !text.includes('\0') && text.isWellFormed(), 'has a zero byte or half of a surrogate pair');

/** The project's own tests, as a tool. What it answers is for the model to work with; evidence is measured apart from it. */
export function runTestsTool(session: Pick<RunSession, 'workspace' | 'evidence'>, outputs: OutputStore, defaultScope: 'related' | 'all' = 'all'): Tool {
  return defineTool({
    name: 'run_tests',
    description: 'Runs the project\'s tests: failures first, each with its id, message and place, and what changed against the base. scope: "all", "files" (with files), or "related" (tests that import or name what was changed; all when there is none). repeat finds tests that do not always agree. Use it before and after each change.',
    effect: 'idempotent',
    input: withZod((z) => z.strictObject({
      scope: z.enum(['related', 'files', 'all']).default(defaultScope),
      files: z.array(plain(4_096)).max(100).optional().describe('Test files or folders, for scope "files"'),
      name: plain(500).optional().describe('Runs only tests whose name contains this.'),
      repeat: z.int().min(1).max(5).default(1),
    })),
    async run({ scope, files = [], name, repeat }, step) {
      const { workspace } = session.workspace;
      if ((scope === 'files') !== (files.length > 0)) return { ok: false, code: 'invalid_input', text: 'files belongs to scope "files": give both, or neither.' };
      const missing = await missingFiles(workspace, files);
      if (missing.length > 0) return { ok: false, code: 'invalid_input', text: `No tests were run: ${missing.slice(0, 10).map((file) => JSON.stringify(file.slice(0, 200))).join(', ')} is not in the workspace. Paths are relative to its root.` };
      const related = scope === 'related' ? await relatedTests(workspace, step.signal) : undefined;
      const chosen = scope === 'files' ? files.map(withoutDot) : (related ?? []);
      const reports: TestReport[] = [];
      for (let count = 0; count < repeat; count++) {
        step.signal.throwIfAborted();
        reports.push(await createTestRunner({ workspace }).run({ signal: step.signal, ...(chosen.length > 0 && { files: chosen }), ...(name !== undefined && { names: [name] }) }));
      }
      const said = describeScope(scope, chosen, related === undefined) + (name === undefined ? '' : ` Only names that contain ${JSON.stringify(name)}.`);
      const baseline = session.evidence.find((one) => one.kind === 'baseline');
      const isWhole = chosen.length === 0 && name === undefined;
      const changed = await changedTests({ workspace, reports, baseline, isWhole });
      return testsAnswer({ run: step.key, reports, scope: said, baseline, root: workspace.root, outputs, isWhole, ...(changed && { changed }) });
    },
  });
}

function describeScope(scope: 'related' | 'files' | 'all', files: readonly string[], tooMany: boolean): string {
  if (scope === 'all') return 'All tests.';
  if (files.length === 0) return tooMany ? 'All tests: there are too many files to tell which are related.' : 'All tests: none imports or names what was changed.';
  const names = files.slice(0, 20).join(', ').slice(0, 1_500);
  return `${scope === 'related' ? 'Related tests' : 'Tests'} in ${files.length} ${files.length === 1 ? 'file' : 'files'}: ${names}${files.length > 20 ? ', …' : ''}.`;
}

async function missingFiles(workspace: TaskWorkspace, files: readonly string[]): Promise<readonly string[]> {
  if (files.length === 0) return [];
  const known = await workspace.files(await workspace.snapshot());
  return files.filter((file) => !known.some((one) => one === withoutDot(file) || one.startsWith(`${withoutDot(file).replace(/\/$/, '')}/`)));
}

function withoutDot(file: string): string {
  return file.replace(/^(\.\/)+/, '');
}
