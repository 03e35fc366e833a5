import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { TaskWorkspace } from '@fw/agents-core';
import { measureTests, restoreTests } from '@fw/testing';
import type { Measurement, TestCase } from '@fw/testing';
import { createWorkspace } from '@fw/workspace';
import type { SuiteTask } from './read-suite.ts';

/** What the tests of a task say of a change, hidden and own ones. */
export type PatchTests =
  | { readonly status: 'ran'; readonly passed: ReadonlySet<string>; readonly cases: readonly TestCase[]; readonly isCut: boolean; readonly durationMs: number; readonly sandbox: string }
  | { readonly status: 'unfit' | 'not-run' | 'distrusted'; readonly message: string };

export interface JudgePatchOptions {
  readonly task: SuiteTask;
  /** The repository with the hidden tests over it. */
  readonly judged: string;
  /** In git's format, against the repository without them; empty for none. */
  readonly patch: string;
  /** A folder of its own, made and removed. */
  readonly storage: string;
  readonly sandbox: 'required' | 'preferred' | 'off';
  /** For each run of the tests. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/**
 * Runs the suite's tests on a change, in a clean copy: all that a test is, brings along, or is run by is as the suite
 * has it, whatever the change does to it, and tests that the change brings are left out.
 */
export async function testPatch({ task, judged, patch, storage, sandbox, timeoutMs, signal }: JudgePatchOptions): Promise<PatchTests> {
  await mkdir(path.dirname(storage), { recursive: true, mode: 0o711 });
  try {
    const workspace = await createWorkspace({ directory: judged, storage, sandbox });
    try {
      const unfit = patch.trim() === '' ? undefined : await applyPatch(workspace, patch, task.hidden, signal);
      signal?.throwIfAborted();
      if (unfit !== undefined) return { status: 'unfit', message: unfit };
      const { kept } = await restoreTests(workspace, workspace.base);
      if (kept.length > 0) return { status: 'unfit', message: `It changes files of tests that are no text: ${kept.slice(0, 5).join(', ')}.` };
      const [tests] = await measureTests({ workspace, timeoutMs, ...task.test, ...(signal && { signal }) });
      return readTests(tests!);
    } finally {
      await workspace.close();
    }
  } finally {
    await rm(storage, { recursive: true, force: true });
  }
}

/** Applies it in the sandbox. What is not applied to hidden tests would be undone anyway. */
async function applyPatch(workspace: TaskWorkspace, patch: string, hidden: readonly string[], signal: AbortSignal | undefined): Promise<string | undefined> {
  const excluded = hidden.map((file) => `--exclude=${file.replace(/[\\*?[\]]/g, '\\$&')}`);
  const { exitCode, output } = await workspace.run(['git', 'apply', '--whitespace=nowarn', ...excluded, '-'], {
    stdin: patch.endsWith('\n') ? patch : `${patch}\n`,
    // The copy may lie in a repository: paths in the patch are relative to the copy all the same.
    env: { GIT_CEILING_DIRECTORIES: path.dirname(workspace.root), GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' },
    maxOutput: 4_000,
    ...(signal && { signal }),
  });
  return exitCode === 0 ? undefined : `It does not apply: ${output.trim() === '' ? `git apply ended with ${exitCode}` : output.trim()}`;
}

function readTests({ results, sandbox }: Measurement): PatchTests {
  const { report, cases, cut, canary } = results as unknown as {
    readonly report: { readonly status: string; readonly reason?: string; readonly durationMs: number };
    readonly cases: readonly TestCase[];
    readonly cut?: object;
    readonly canary?: { readonly status: string; readonly reason?: string };
  };
  if (canary?.status === 'misreported') return { status: 'distrusted', message: `The run of the tests cannot be believed: ${canary.reason ?? 'a canary was misreported'}.` };
  if (cases.length === 0) return { status: 'not-run', message: `No test ran: ${report.reason ?? report.status}.` };
  const passed = new Set(cases.flatMap((test) => (test.status === 'passed' ? [test.id] : [])));
  return { status: 'ran', passed, cases, isCut: cut !== undefined, durationMs: report.durationMs, sandbox };
}
