import type { Finding, TaskWorkspace } from '@fw/agents-core';
import { analyseProject } from './security/analyse-project.ts';
import type { Analysis } from './security/analyse-project.ts';
import { filesToVisit, readProject } from './security/read-project.ts';
import type { Problem } from './security/run.ts';
import type { ValidatorInput } from './validator.ts';

/** What was found, and what could not be looked at whole. */
export interface SecurityReport {
  readonly findings: readonly Finding[];
  readonly partly: readonly string[];
}

/** Ways from what comes from outside to what does harm with it, in the code of a change; the base's are not new. */
export async function findSecurityProblems(input: ValidatorInput): Promise<readonly Finding[]> {
  return (await reportSecurity(input)).findings;
}

/** The same, with the files that were looked at in part. */
export async function reportSecurity({ workspace, base, head, signal }: ValidatorInput): Promise<SecurityReport> {
  signal?.throwIfAborted();
  const changes = base === head ? undefined : new Set((await workspace.changes(base, head)).map((change) => change.file));
  if (changes?.size === 0) return { findings: [], partly: [] };
  const now = await analyse(workspace, head, changes, signal);
  const before = base === head ? now : await analyse(workspace, base, changes, signal);
  const findings = compareProblems(now.problems, before.problems);
  return { findings, partly: now.partly };
}

async function analyse(workspace: TaskWorkspace, tree: string, changed: ReadonlySet<string> | undefined, signal: AbortSignal | undefined): Promise<Analysis> {
  const code = await readProject(workspace, tree, signal);
  const analysis = await analyseProject({ files: code.files, wanted: filesToVisit(code, changed), ...(signal === undefined ? {} : { signal }) });
  return code.left === 0 ? analysis : { ...analysis, partly: [...analysis.partly, `and ${code.left} more files`] };
}

/** A problem that the base has, there or elsewhere, was moved or rewritten; what is left over is new. */
function compareProblems(now: readonly Problem[], before: readonly Problem[]): readonly Finding[] {
  const left = [...before];
  const take = (isSame: (old: Problem) => boolean): boolean => {
    const at = left.findIndex(isSame);
    if (at !== -1) left.splice(at, 1);
    return at !== -1;
  };
  const known = new Set<Problem>();
  const rounds: readonly ((problem: Problem, old: Problem) => boolean)[] = [
    (problem, old) => old.file === problem.file && old.print === problem.print,
    (problem, old) => old.print === problem.print,
    (problem, old) => old.file === problem.file && old.sink === problem.sink,
  ];
  for (const isSame of rounds) {
    for (const problem of now) if (!known.has(problem) && take((old) => old.category === problem.category && isSame(problem, old))) known.add(problem);
  }
  return now.map((problem) => toFinding(problem, !known.has(problem)));
}

function toFinding({ category, rule, severity, file, line, message }: Problem, isNew: boolean): Finding {
  return { source: 'security', rule, category, severity, file, line, message, isNew };
}
