import type { Evidence, Json, TaskWorkspace } from '@fw/agents-core';
import type { z } from 'zod';
import { loadZod, withZod } from '@fw/agents-core/with-zod';
import { stableJson } from './evidence-head.ts';
import type { GateReport } from './gate-report.ts';
import { mutationResultsSchema } from './mutation-results.ts';
import type { MutantResult } from './mutation-results.ts';
import { policy as parsePolicy } from './policy.ts';
import type { Policy } from './policy.ts';
import { readSealedFiles } from './read-sealed-files.ts';
import { resultsDigest } from './results-digest.ts';
import { runGate } from './run-gate.ts';
import { sealResultsSchema } from './seal-results.ts';
import { TestingError } from './testing-error.ts';
import { toGateReport } from './to-gate-report.ts';
import type { Validator } from './validator.ts';

export interface VerifyReportOptions {
  /** Measures everything again on the report's tree; needs `workspace`. */
  readonly rerun?: boolean;
  /** A workspace that knows the report's trees. */
  readonly workspace?: TaskWorkspace;
  /** The head as it was published when the report was made. */
  readonly head?: string;
  /** The plugins' validators that the report was made with, for `rerun`. */
  readonly validators?: readonly Validator[];
  /** The folder of the sealed tests that the report was made with, for `rerun`. */
  readonly sealed?: string;
  readonly signal?: AbortSignal;
  /** For each run of the tests. */
  readonly timeoutMs?: number;
}

export interface ReportCheck {
  readonly check: 'form' | 'chain' | 'verdict' | 'rerun';
  readonly status: 'passed' | 'failed' | 'skipped';
  readonly message: string;
}

export interface ReportVerification {
  /** False when any check failed. */
  readonly holds: boolean;
  /** As it follows from the report's evidence; null when that cannot be read. */
  readonly head: string | null;
  readonly checks: readonly ReportCheck[];
}

/**
 * Recomputes what a report says: the chain of its evidence, its verdict and figures, and with `rerun` the evidence itself.
 * Without `rerun` or a published head, somebody who wrote the whole report anew is not found out.
 * @throws TestingError `FW_TESTING_SEALED` where `rerun` of a report with sealed tests is not given the same ones; the
 * signal's reason when aborted.
 */
export async function verifyReport(report: unknown, options: VerifyReportOptions = {}): Promise<ReportVerification> {
  const given = readReport(report);
  if (typeof given === 'string') return { holds: false, head: null, checks: [{ check: 'form', status: 'failed', message: given }] };
  const computed = toGateReport(given);
  const checks = [{ check: 'form', status: 'passed', message: `${given.evidence.length} records of evidence` } as const, checkChain(given, computed, options.head), checkVerdict(given, computed)];
  const rerun = options.rerun === true ? await checkRerun(given, options) : ({ check: 'rerun', status: 'skipped', message: 'the evidence was not measured again' } as const);
  const all: readonly ReportCheck[] = [...checks, rerun];
  return { holds: all.every((check) => check.status !== 'failed'), head: computed.head, checks: all };
}

const evidenceSchema: z.ZodType<Evidence> = withZod((z) => z.object({
  id: z.string(), kind: z.string(), origin: z.literal('runner'), runner: z.object({ version: z.string(), isolated: z.boolean() }), command: z.array(z.string()), exitCode: z.number(), tree: z.string(),
  toolVersions: z.record(z.string(), z.string()), startedAt: z.number(), durationMs: z.number(), results: z.json() as unknown as z.ZodType<Json>, digests: z.record(z.string(), z.string()), sandbox: z.string(), nonce: z.string(),
}));
const reportSchema = withZod((z) => z.looseObject({ version: z.literal(1), tree: z.string(), base: z.string(), head: z.string(), policy: z.unknown(), evidence: z.array(evidenceSchema).max(10_000) }));

function readReport(report: unknown): GateReport | string {
  const parsed = reportSchema.safeParse(report);
  if (!parsed.success) return `it is no report of this version: ${loadZod().prettifyError(parsed.error).slice(0, 1_000)}`;
  let policy: Policy;
  try {
    policy = parsePolicy(parsed.data.policy as Policy);
  } catch (error) {
    return (error as Error).message;
  }
  return { ...(parsed.data as unknown as GateReport), policy };
}

function checkChain(given: GateReport, computed: GateReport, published: string | undefined): ReportCheck {
  if (given.head !== computed.head) return { check: 'chain', status: 'failed', message: `the head is ${given.head}, but the evidence gives ${computed.head}: something was changed afterwards` };
  if (published !== undefined && published !== computed.head) return { check: 'chain', status: 'failed', message: `the published head is ${published}, the report's ${computed.head}` };
  return { check: 'chain', status: 'passed', message: `head ${computed.head}` };
}

function checkVerdict(given: GateReport, computed: GateReport): ReportCheck {
  const parts = (['verdict', 'gates', 'tests', 'coverage', 'findings'] as const).filter((part) => stableJson(given[part]) !== stableJson(computed[part]));
  if (parts.length > 0) return { check: 'verdict', status: 'failed', message: `${parts.join(', ')} do not follow from the evidence, which gives: ${computed.verdict}` };
  return { check: 'verdict', status: 'passed', message: `${computed.verdict}, as the evidence and the policy give it` };
}

async function checkRerun(given: GateReport, options: VerifyReportOptions): Promise<ReportCheck> {
  const { workspace, validators = [], sealed, signal, timeoutMs } = options;
  await requireSameSealed(given, sealed);
  const say = (status: ReportCheck['status'], message: string): ReportCheck => ({ check: 'rerun', status, message });
  if (workspace === undefined) return say('failed', 'measuring again needs a workspace');
  const copy = await workspace.checkout(given.tree).catch((error: unknown) => (error as Error).message);
  if (typeof copy === 'string') return say('failed', `the workspace cannot give the report's tree ${given.tree}: ${copy}`);
  try {
    const again = await runGate({ workspace: copy, base: given.base, policy: given.policy, validators, ...(sealed === undefined ? {} : { sealed }), ...(signal === undefined ? {} : { signal }), ...(timeoutMs === undefined ? {} : { timeoutMs }) });
    const differing = compareEvidence(...triedInBoth(given.evidence, again.evidence));
    if (differing.length > 0) return say('failed', `other results for: ${differing.join(', ')}; measured again it is ${again.verdict}`);
    return say('passed', `${again.evidence.length} records have the same results; measured again it is ${again.verdict}`);
  } finally {
    await copy.close();
  }
}

/** Other sealed tests, or none, would give other results: that says nothing of the report. */
async function requireSameSealed({ evidence, tree }: GateReport, folder: string | undefined): Promise<void> {
  const recorded = evidence.filter((one) => one.kind === 'seal' && one.tree === tree).map(({ results }) => sealResultsSchema.safeParse(results).data?.sha256).at(-1);
  const refuse = (message: string): TestingError => new TestingError('FW_TESTING_SEALED', { message });
  if (folder === undefined && recorded === undefined) return;
  if (folder === undefined) throw refuse(`The report rests on sealed tests (sha256 ${recorded ?? ''}), without which it cannot be measured again. Give their folder: fw judge verify <report> --rerun --sealed <folder>, or \`sealed\` of verifyReport. Without --rerun the rest is verified.`);
  if (recorded === undefined) throw refuse(`The report was made without sealed tests, so those in "${folder}" say nothing of it. Leave --sealed out.`);
  const { sha256 } = await readSealedFiles(folder);
  if (sha256 !== recorded) throw refuse(`The sealed tests in "${folder}" are not those that the report rests on: theirs is sha256 ${sha256}, the report's ${recorded}. Give the folder as it was.`);
}

/** Where the time was over before all mutants were tried, only those that were tried both times can be compared. */
function triedInBoth(given: readonly Evidence[], again: readonly Evidence[]): readonly [readonly Evidence[], readonly Evidence[]] {
  const triedIn = (records: readonly Evidence[]): ReadonlySet<string> => new Set(records.flatMap((one) => mutantsOf(one).filter(({ status }) => status !== 'unfinished')).map(placeOf));
  const [first, second] = [triedIn(given), triedIn(again)];
  const keep = (one: Evidence): Evidence => {
    if (mutantsOf(one).length === 0) return one;
    const mutants = mutantsOf(one).filter((mutant) => first.has(placeOf(mutant)) && second.has(placeOf(mutant)));
    return { ...one, results: JSON.parse(JSON.stringify({ ...(one.results as object), mutants })) as Json };
  };
  return [given.map(keep), again.map(keep)];
}

function mutantsOf({ kind, results }: Evidence): readonly MutantResult[] {
  const read = kind === 'mutation' ? mutationResultsSchema.safeParse(results).data : undefined;
  return read?.status === 'measured' ? read.mutants : [];
}

function placeOf({ file, line, column, mutator, replacement }: MutantResult): string {
  return JSON.stringify([file, line, column, mutator, replacement]);
}

/** Records that are missing, new, or differ in command, exit code or results; a run names them otherwise than the gate alone. */
function compareEvidence(given: readonly Evidence[], again: readonly Evidence[]): readonly string[] {
  const keyOf = (record: Evidence): string => stableJson([record.kind, record.tree, record.command, record.exitCode, resultsDigest(record.results)]);
  const [old, now] = [new Map(given.map((record) => [keyOf(record), record.id])), new Map(again.map((record) => [keyOf(record), record.id]))];
  return [...new Set([...[...old].filter(([key]) => !now.has(key)), ...[...now].filter(([key]) => !old.has(key))].map(([, id]) => id))];
}
