import type { Evidence, Finding } from '@fw/agents-core';
import { baselineResultsSchema } from './baseline.ts';
import { findingsResultsSchema } from './findings-results.ts';
import type { GateInput, GateOutcome } from './gate-input.ts';
import type { Policy } from './policy.ts';
import { resourceNames } from './resource-usage.ts';
import type { ResourceName, ResourceUsage } from './resource-usage.ts';
import { testResultsSchema } from './test-results.ts';

/** What commands may grow by before their factor counts: below it, it is noise or a few new tests. */
const slack: { readonly [name in ResourceName]: number } = { cpuMs: 10_000, peakMemoryBytes: 256 * 1024 * 1024, peakProcesses: 20, peakHandles: 200, writtenBytes: 200 * 1024 * 1024, outputCharacters: 1_000_000 };

const words: { readonly [name in ResourceName]: string } = { cpuMs: 'processor time', peakMemoryBytes: 'memory', peakProcesses: 'processes at once', peakHandles: 'open files, sockets and pipes at once', writtenBytes: 'written to disk', outputCharacters: 'output' };

/** What the commands of the tests and of each checker took: within the policy's limits, and not many times what they took on the base. */
export function judgeResources({ evidence, baseline, policy }: GateInput): GateOutcome {
  const metered = meteredIn(evidence, baseline);
  const ids = [...new Set(metered.flatMap((one) => one.evidence))];
  const over = metered.flatMap((one) => excesses(one, policy));
  if (over.length > 0) return { status: 'failed', message: over.map(({ message }) => message).join('; '), evidence: ids };
  const [first, ...others] = metered;
  if (first === undefined) return { status: 'unavailable', message: evidence.some(({ kind }) => kind === 'tests') ? 'what the tests took was not recorded' : 'no command was measured: the tests were not run', evidence: [] };
  const amounts = resourceNames.map((name) => (first.usage[name] === undefined ? `${words[name]} unavailable` : amountOf(name, first.usage[name])));
  return { status: 'passed', message: `${first.who}: ${amounts.join(', ')}${others.length === 0 ? '' : `; ${others.map(({ who }) => who).join(', ')}: within the same bounds`}`, evidence: ids };
}

/** The same as findings of the report. */
export function resourceFindings(evidence: readonly Evidence[], baseline: Evidence | undefined, policy: Policy): readonly Finding[] {
  if (policy.gates.resources === 'off') return [];
  return meteredIn(evidence, baseline).flatMap((one) => excesses(one, policy)).map(({ name, message }) => ({ source: 'resources', rule: name, category: 'resource', severity: 'medium', file: '', line: 0, message, isNew: true }));
}

/** What one kind of commands took on the judged tree, and on the base. */
interface Metered {
  readonly who: string;
  readonly usage: ResourceUsage;
  readonly before: ResourceUsage | undefined;
  readonly evidence: readonly string[];
}

/** Of each kind the newest that was recorded; of the tests all, since a failure is not healed by running again. */
function meteredIn(evidence: readonly Evidence[], baseline: Evidence | undefined): readonly Metered[] {
  const before = baseline === undefined ? undefined : baselineResultsSchema.safeParse(baseline.results).data?.tests.report.resources;
  const tests = evidence.filter(({ kind }) => kind === 'tests').flatMap((one): readonly Metered[] => {
    const usage = testResultsSchema.safeParse(one.results).data?.report.resources;
    return usage === undefined ? [] : [{ who: 'the tests', usage, before, evidence: [one.id, ...(baseline === undefined ? [] : [baseline.id])] }];
  });
  const checkers = ['types', 'lint', 'duplication', 'dead-code'].flatMap((kind): readonly Metered[] => {
    const one = evidence.filter((record) => record.kind === kind).at(-1);
    const results = findingsResultsSchema.safeParse(one?.results).data;
    const used = results?.status === 'measured' ? results.resources : undefined;
    return one === undefined || used === undefined ? [] : [{ who: kind, usage: used.head, before: used.base, evidence: [one.id] }];
  });
  return [...tests, ...checkers];
}

function excesses({ who, usage, before }: Metered, policy: Policy): readonly { readonly name: ResourceName; readonly message: string }[] {
  return resourceNames.flatMap((name) => {
    const [now, old, limit, factor] = [usage[name], before?.[name], policy.resources.limits[name], policy.resources.growth[name]];
    if (now === undefined) return [];
    if (limit !== undefined && now > limit) return [{ name, message: `${who} took ${amountOf(name, now)}; the limit is ${amountOf(name, limit)}` }];
    if (old === undefined || now <= old * factor || now - old <= slack[name]) return [];
    return [{ name, message: `${who} took ${amountOf(name, now)}; on the base ${amountOf(name, old)}, and at most ${factor} times that is allowed` }];
  });
}

function amountOf(name: ResourceName, value: number): string {
  const text = name === 'cpuMs' ? `${(value / 1_000).toFixed(1)} s` : /Bytes$/.test(name) ? `${(value / 1024 / 1024).toFixed(0)} MB` : name === 'outputCharacters' ? `${value} characters` : String(value);
  return `${text} ${words[name]}`;
}
