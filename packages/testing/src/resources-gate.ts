import type { Evidence, Finding } from '@fw/agents-core';
import { baselineResultsSchema } from './baseline.ts';
import type { GateInput, GateOutcome } from './gate-input.ts';
import type { Policy } from './policy.ts';
import { resourceNames } from './resource-usage.ts';
import type { ResourceName, ResourceUsage } from './resource-usage.ts';
import { testResultsSchema } from './test-results.ts';
import { worstOutcome } from './worst-outcome.ts';

/** What a run of the tests may grow by before its factor counts: below it, it is noise or a few new tests. */
const slack: { readonly [name in ResourceName]: number } = { cpuMs: 10_000, peakMemoryBytes: 256 * 1024 * 1024, peakProcesses: 20, writtenBytes: 200 * 1024 * 1024, outputCharacters: 1_000_000 };

const words: { readonly [name in ResourceName]: string } = { cpuMs: 'processor time', peakMemoryBytes: 'memory', peakProcesses: 'processes at once', writtenBytes: 'written to disk', outputCharacters: 'output' };

/** What the tests' commands took: within the policy's limits, and not many times what they took on the base. */
export function judgeResources({ evidence, baseline, policy }: GateInput): GateOutcome {
  const outcomes = evidence.filter((one) => one.kind === 'tests').map((one): GateOutcome => {
    const ids = [one.id, ...(baseline === undefined ? [] : [baseline.id])];
    const usage = usageIn(one);
    if (usage === undefined) return { status: 'unavailable', message: 'what the tests took was not recorded', evidence: ids };
    const over = excesses(usage, baseUsage(baseline), policy);
    return over.length > 0 ? { status: 'failed', message: over.map(({ message }) => message).join('; '), evidence: ids } : { status: 'passed', message: resourceNames.map((name) => amountOf(name, usage[name])).join(', '), evidence: ids };
  });
  return worstOutcome(outcomes, { status: 'unavailable', message: 'no command was measured: the tests were not run', evidence: [] });
}

/** The same as findings of the report. */
export function resourceFindings(evidence: readonly Evidence[], baseline: Evidence | undefined, policy: Policy): readonly Finding[] {
  if (policy.gates.resources === 'off') return [];
  const usage = evidence.filter((one) => one.kind === 'tests').map(usageIn).find((one) => one !== undefined);
  if (usage === undefined) return [];
  return excesses(usage, baseUsage(baseline), policy).map(({ name, message }) => ({ source: 'resources', rule: name, category: 'resource', severity: 'medium', file: '', line: 0, message, isNew: true }));
}

function excesses(usage: ResourceUsage, before: ResourceUsage | undefined, policy: Policy): readonly { readonly name: ResourceName; readonly message: string }[] {
  return resourceNames.flatMap((name) => {
    const limit = policy.resources.limits[name];
    if (limit !== undefined && usage[name] > limit) return [{ name, message: `the tests took ${amountOf(name, usage[name])}; the limit is ${amountOf(name, limit)}` }];
    const factor = policy.resources.growth[name];
    const old = before?.[name];
    if (old === undefined || usage[name] <= old * factor || usage[name] - old <= slack[name]) return [];
    return [{ name, message: `the tests took ${amountOf(name, usage[name])}; on the base ${amountOf(name, old)}, and at most ${factor} times that is allowed` }];
  });
}

function amountOf(name: ResourceName, value: number): string {
  const text = name === 'cpuMs' ? `${(value / 1_000).toFixed(1)} s` : /Bytes$/.test(name) ? `${(value / 1024 / 1024).toFixed(0)} MB` : name === 'outputCharacters' ? `${value} characters` : String(value);
  return `${text} ${words[name]}`;
}

function usageIn(evidence: Evidence): ResourceUsage | undefined {
  return testResultsSchema.safeParse(evidence.results).data?.report.resources;
}

function baseUsage(baseline: Evidence | undefined): ResourceUsage | undefined {
  return baseline === undefined ? undefined : baselineResultsSchema.safeParse(baseline.results).data?.tests.report.resources;
}
