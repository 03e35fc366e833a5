import type { Evidence, RevisionRequest } from '@fw/agents-core';
import { mutationResultsSchema } from '@fw/testing';
import type { GateResult, Policy, Verdict } from '@fw/testing';
import { withZod } from '@fw/agents-core/with-zod';

const limit = 20;
const maxMessage = 2_000;

/** What has to change before the verdict can be another one: at most 20 requests, failed gates before inconclusive ones. */
export function toRequests(verdict: Verdict, evidence: readonly Evidence[], policy: Policy, id: () => string): readonly RevisionRequest[] {
  const failed = verdict.gates.filter((gate) => gate.status === 'failed');
  const open = verdict.gates.filter((gate) => gate.status === 'inconclusive' || gate.status === 'unavailable').filter((gate) => isWanted(gate, policy));
  const wanted = [...failed, ...open].flatMap((gate) => requestsOf(gate, evidence.filter((one) => gate.evidence.includes(one.id))));
  const all = wanted.length > 0 ? wanted : [{ what: 'No gate of the policy was measured on this tree. Run the tests.', evidence: [] }];
  const shown = all.length <= limit ? all : [...all.slice(0, limit - 1), { what: `${all.length - limit + 1} more places are named in the verdict's evidence.`, evidence: verdict.gates.flatMap((gate) => gate.evidence) }];
  return shown.map((request) => ({ id: id(), ...request }));
}

type Request = Omit<RevisionRequest, 'id'>;

/** What keeps the verdict from being accepted: required gates and plugins' validators. */
function isWanted(gate: GateResult, policy: Policy): boolean {
  return gate.gate.startsWith('validator/') || Object.entries(policy.gates).some(([name, level]) => name === gate.gate && level === 'required');
}

function requestsOf(gate: GateResult, evidence: readonly Evidence[]): readonly Request[] {
  const detailed = gate.status === 'failed' ? evidence.flatMap((one) => [...failedTests(one), ...uncoveredLines(one, gate), ...survivingMutants(one), ...newFindings(one)]) : [];
  return detailed.length > 0 ? detailed : [{ what: `${gate.gate}: ${gate.message}`, evidence: gate.evidence }];
}

const testsSchema = withZod((z) => z.object({ cases: z.array(z.object({ id: z.string(), file: z.string(), status: z.string(), message: z.string().optional() })) }));

function failedTests(evidence: Evidence): readonly Request[] {
  if (evidence.kind !== 'tests') return [];
  const cases = testsSchema.safeParse(evidence.results).data?.cases ?? [];
  return cases
    .filter((test) => ['failed', 'errored', 'timed-out'].includes(test.status))
    .map((test) => ({
      what: `Test "${test.id}" ${test.status}:\n${(test.message ?? 'no message').slice(0, maxMessage)}`,
      where: whereOf(test.file, lineIn(test.message, test.file)),
      evidence: [evidence.id],
    }));
}

const coverageSchema = withZod((z) => z.object({ changed: z.object({ uncovered: z.array(z.object({ file: z.string(), lines: z.array(z.number()) })) }) }));

function uncoveredLines(evidence: Evidence, gate: GateResult): readonly Request[] {
  if (evidence.kind !== 'coverage') return [];
  const uncovered = coverageSchema.safeParse(evidence.results).data?.changed.uncovered ?? [];
  return uncovered.map(({ file, lines }) => ({
    what: `No test runs ${lines.length} changed lines of ${file}: ${lines.slice(0, 50).join(', ')}. ${gate.message}`,
    where: whereOf(file, lines[0]),
    evidence: [evidence.id],
  }));
}

/** One request for each mutant that no test noticed: the place, and what a new test has to tell apart. */
function survivingMutants(evidence: Evidence): readonly Request[] {
  if (evidence.kind !== 'mutation') return [];
  const results = mutationResultsSchema.safeParse(evidence.results).data;
  const mutants = results?.status === 'measured' ? results.mutants.filter(({ status }) => status === 'survived') : [];
  return mutants.map(({ file, line, mutator, original, replacement }) => ({
    what: `No test fails when this is changed (${mutator}). Add or sharpen a test that passes with the first and fails with the second:\n${original}\n${replacement === '' ? '(nothing)' : replacement}`,
    where: whereOf(file, line),
    evidence: [evidence.id],
  }));
}

const findingsSchema = withZod((z) => z.object({ findings: z.array(z.object({ rule: z.string(), file: z.string(), line: z.number(), message: z.string(), suggestion: z.string().optional(), isNew: z.boolean() })) }));

function newFindings(evidence: Evidence): readonly Request[] {
  const findings = findingsSchema.safeParse(evidence.results).data?.findings ?? [];
  return findings
    .filter((finding) => finding.isNew)
    .map((finding) => ({
      what: `${finding.rule}: ${[finding.message, finding.suggestion].filter((text) => text !== undefined).join(' ')}`.slice(0, maxMessage),
      where: whereOf(finding.file, finding.line),
      evidence: [evidence.id],
    }));
}

function whereOf(file: string, line: number | undefined): NonNullable<RevisionRequest['where']> {
  return { file, ...(line === undefined || line < 1 ? {} : { line }) };
}

/** The line of the test's own file that the message's stack names. */
function lineIn(message: string | undefined, file: string): number | undefined {
  const at = message?.indexOf(`${file}:`) ?? -1;
  const line = /^\d+/.exec(message?.slice(at + file.length + 1) ?? '')?.[0];
  return at === -1 || line === undefined ? undefined : Number(line);
}
