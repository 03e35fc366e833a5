import { testPatch } from './judge-patch.ts';
import type { JudgePatchOptions, PatchTests } from './judge-patch.ts';
import type { SuiteTask } from './read-suite.ts';

/** Whether a task measures what it says: its gold patch passes, and nothing does without one. */
export interface TaskCheck {
  readonly task: string;
  readonly status: 'ok' | 'broken';
  /** Why it is broken, in words. */
  readonly reasons: readonly string[];
  /** Ids of all tests that pass with the gold patch, hidden ones and the repository's own: a change that passes them solves the task. */
  readonly required: readonly string[];
  /** How many of them are hidden. */
  readonly hidden: number;
  /** Of the tests with the gold patch. */
  readonly durationMs: number;
}

export type Verdict =
  | { readonly solved: true }
  | { readonly solved: false; readonly code: 'no-patch' | 'patch-unfit' | 'tests-not-run' | 'tests-distrusted' | 'hidden-tests-failed' | 'own-tests-failed'; readonly message: string };

const testsTimeoutMs = 600_000;

/** Runs the tests with nothing and with the gold patch. */
export async function checkTask(options: Omit<JudgePatchOptions, 'patch' | 'timeoutMs'>): Promise<TaskCheck> {
  const { task } = options;
  const without = await testPatch({ ...options, patch: '', timeoutMs: testsTimeoutMs });
  const gold = await testPatch({ ...options, patch: task.gold, timeoutMs: testsTimeoutMs });
  const reasons = gold.status === 'ran' ? findFaults(task, without, gold) : [`gold.patch: ${gold.message}`];
  const required = gold.status === 'ran' ? [...gold.passed] : [];
  const hidden = gold.status === 'ran' ? hiddenCases(task, gold).filter(({ status }) => status === 'passed').length : 0;
  return { task: task.id, status: reasons.length === 0 ? 'ok' : 'broken', reasons, required, hidden, durationMs: gold.status === 'ran' ? gold.durationMs : 0 };
}

type Ran = Extract<PatchTests, { status: 'ran' }>;

function findFaults(task: SuiteTask, without: PatchTests, gold: Ran): readonly string[] {
  const hidden = hiddenCases(task, gold);
  const failing = hidden.filter(({ status }) => status !== 'passed');
  const touched = new Set([...task.gold.matchAll(/^(?:---|\+\+\+) (?:[ab]\/)?(\S.*)$/gm)].map((match) => match[1]));
  const broken = without.status !== 'ran' ? [] : gold.cases.filter((test) => isBad(test.status) && !task.hidden.includes(test.file) && !touched.has(test.file) && without.passed.has(test.id));
  return [
    ...(hidden.length > 0 ? [] : [gold.cases.every(({ file }) => file === '')
      ? 'the runner of the tests does not say in which file a test stands, so hidden ones cannot be told from others'
      : 'no test of "hidden" runs with the gold patch; does the repository\'s test script find them?']),
    ...(failing.length > 0 ? [`hidden tests do not pass with the gold patch: ${list(failing)}`] : []),
    ...(hidden.length > 0 && without.status === 'ran' && hidden.every(({ id }) => without.passed.has(id)) ? ['the hidden tests do not fail without a change'] : []),
    ...(without.status === 'distrusted' ? [`without a change: ${without.message}`] : []),
    ...(broken.length > 0 ? [`tests of the repository pass without a change and fail with the gold patch, which does not touch them: ${list(broken)}`] : []),
  ];
}

/** Whether a change solves a task that was checked. */
export async function judgePatch(options: Omit<JudgePatchOptions, 'timeoutMs'>, check: TaskCheck): Promise<Verdict> {
  // A change that makes the tests ten times as slow is not waited for.
  const tests = await testPatch({ ...options, timeoutMs: Math.min(testsTimeoutMs, Math.max(60_000, 10 * check.durationMs)) });
  if (tests.status !== 'ran') {
    return { solved: false, code: ({ unfit: 'patch-unfit', 'not-run': 'tests-not-run', distrusted: 'tests-distrusted' } as const)[tests.status], message: tests.message };
  }
  const { task } = options;
  const byId = new Map(tests.cases.map((test) => [test.id, test]));
  // Of a run with very many tests those that did not pass are listed first, and the rest is cut.
  const missing = check.required.filter((id) => !tests.passed.has(id) && !(tests.isCut && !byId.has(id)));
  if (missing.length === 0) return { solved: true };
  const isHidden = (id: string): boolean => task.hidden.some((file) => id === file || id.startsWith(`${file} > `));
  const code = missing.some(isHidden) ? 'hidden-tests-failed' : 'own-tests-failed';
  return { solved: false, code, message: `${missing.length} of ${check.required.length} tests do not pass: ${missing.slice(0, 5).map((id) => `${id}${byId.has(id) ? '' : ' (did not run)'}`).join('; ')}` };
}

const hiddenCases = (task: SuiteTask, { cases }: Ran): Ran['cases'] => cases.filter(({ file }) => task.hidden.includes(file));
const isBad = (status: string): boolean => status === 'failed' || status === 'errored' || status === 'timed-out';
const list = (tests: Ran['cases']): string => `${tests.slice(0, 3).map(({ id }) => id).join('; ')}${tests.length > 3 ? `; and ${tests.length - 3} more` : ''}`;
