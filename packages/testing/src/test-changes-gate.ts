import type { Evidence } from '@fw/agents-core';
import type { GateOutcome } from './gate-input.ts';
import type { Policy } from './policy.ts';
import { testChangesSchema } from './test-changes-results.ts';
import { testResultsSchema } from './test-results.ts';

/** Weakened tests fail and changed test setup is inconclusive, until a person approved what they are now. Undefined: nothing against it. */
export function judgeTestChanges(evidence: Evidence, all: readonly Evidence[], policy: Policy): GateOutcome | undefined {
  const say = (status: GateOutcome['status'], message: string): GateOutcome => ({ status, message, evidence: [evidence.id] });
  const results = testChangesSchema.safeParse(evidence.results).data;
  if (results === undefined) return say('inconclusive', 'what was recorded about changes to the tests cannot be read');
  if (results.status !== 'measured') return say('inconclusive', results.reason);
  const open = results.files.filter((file) => !policy.approved.includes(file.sha256));
  const weakened = results.findings.filter((finding) => finding.rule !== 'test-setup-changed' && open.some((file) => file.file === finding.file));
  if (weakened.length > 0) return say('failed', `${weakened.length} places make tests weaker: ${list(weakened.map((finding) => `${finding.file}:${finding.line} ${finding.rule}`))}`);
  const setup = open.filter((file) => file.is === 'setup');
  if (setup.length > 0) return say('inconclusive', `${list(setup.map((file) => `${file.file} (sha256 ${file.sha256})`))} take part in the tests and were changed, so the tests ran with what the base has. Undo that, or have a person approve the hashes in the policy`);
  const early = all.filter((one) => one.kind === 'tests').some((one) => (testResultsSchema.safeParse(one.results).data?.restored ?? []).length > 0);
  return early ? say('inconclusive', 'the tests ran before their changed setup was approved; measure again') : undefined;
}

/** Test files whose weakening a person approved. */
export function approvedFiles(evidence: Evidence, policy: Policy): readonly string[] {
  const files = testChangesSchema.safeParse(evidence.results).data?.files ?? [];
  return files.filter((file) => file.is === 'weakened' && policy.approved.includes(file.sha256)).map((file) => file.file);
}

function list(texts: readonly string[]): string {
  return texts.length <= 5 ? texts.join('; ') : `${texts.slice(0, 5).join('; ')}; and ${texts.length - 5} more`;
}
