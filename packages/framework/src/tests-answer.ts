import { isAbsolute, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Evidence, Json, ToolOutput } from '@fw/agents-core';
import type { TestCase, TestReport } from '@fw/testing';
import type { OutputStore } from '@fw/workspace/tools';
import { failureOf } from './changed-tests.ts';
import type { ChangedTests } from './changed-tests.ts';

const MAX_TEXT = 16_000;
const MAX_MESSAGE = 1_500;

export interface TestsRun {
  /** Id by which the agent names this run as evidence. */
  readonly run: string;
  /** Of each repetition. */
  readonly reports: readonly TestReport[];
  /** What was run, in words. */
  readonly scope: string;
  readonly baseline: Evidence | undefined;
  readonly root: string;
  readonly outputs: OutputStore;
  /** Every test of the project was run. */
  readonly isWhole: boolean;
  /** Known where there is a run on the base. */
  readonly changed?: ChangedTests;
}

/** What a run of tests means for the one who changes the code: failures first, compared with the base. */
export async function testsAnswer({ run, reports, scope, baseline, root, outputs, isWhole, changed }: TestsRun): Promise<ToolOutput> {
  const report = reports.at(-1)!;
  const before = new Map(casesOf(baseline).map((test) => [test.id, test.status]));
  const outcomes = joinOutcomes(reports);
  const flaky = outcomes.filter(({ statuses }) => new Set(statuses).size > 1);
  const bad = outcomes.filter(({ statuses }) => statuses.some(isBad)).map(({ test }) => test);
  const groups = (['newly failing', 'failing, not on the base', 'still failing'] as const).map((name) => ({ name, cases: bad.filter((test) => standing(test.id, before) === name) }));
  const fixed = outcomes.filter(({ test, statuses }) => statuses.every((status) => status === 'passed') && isBad(before.get(test.id) ?? 'passed')).map(({ test }) => test);
  const agreed = new Set(reports.map(({ status }) => status)).size === 1 && flaky.length === 0;
  const ok = report.status === 'passed' && bad.length === 0 && agreed;
  const head = [
    `${report.status}: ${report.passed} passed, ${report.failed} failed, ${report.errored} errored, ${report.timedOut} timed out, ${report.skipped} skipped (run ${run})`,
    scope,
    ...(report.reason === undefined ? [] : [report.reason.slice(0, 2_000)]),
    ...(reports.length > 1 ? [`Run ${reports.length} times: ${reports.map(({ status }) => status).join(', ')}.`] : []),
    baseline === undefined ? 'There is no run on the base to compare with.' : `Against the base: ${groups.map(({ name, cases }) => `${cases.length} ${name}`).join(', ')}, ${fixed.length} fixed.`,
    ...describeTouched(changed?.touched ?? []),
  ];
  const failures = groups.flatMap(({ name, cases }) => cases.map((test) => ({ short: describeFailure(name, test, root, MAX_MESSAGE), full: describeFailure(name, test, root, Infinity), long: `${name}, ${test.status}: ${test.id}\n${test.message ?? ''}` })));
  const rest = [...flaky.map(({ test, statuses }) => `flaky: ${test.id} (${statuses.join(', ')})`), ...fixed.map((test) => `fixed: ${test.id}`)];
  const all = [...head, ...failures.map(({ long }) => long), ...rest].join('\n').toWellFormed();
  const room = MAX_TEXT - 400 - head.join('\n').length;
  const shownFailures = fit(failures.map(({ short }) => short), room);
  const shownRest = shownFailures.length < failures.length ? [] : fit(rest, room - shownFailures.join('\n').length);
  const shown = shownFailures.length + shownRest.length;
  const total = failures.length + rest.length;
  const isCut = shown < total || failures.some(({ short, full }) => short !== full);
  const ref = isCut || failures.some(({ full, long }) => full !== long) ? await keep(outputs, all) : undefined;
  const where = ref === undefined ? '' : ` All of it, with stacks: read_file or search with path ${ref}.`;
  const text = [...head, ...shownFailures, ...shownRest, ...(shown < total ? [`[${shown} of ${total} entries.${where}]`] : ref === undefined ? [] : [`[Messages and stacks are shortened.${where}]`])].join('\n');
  return {
    ok,
    ...(ok ? {} : { code: report.status === 'timed-out' ? ('timeout' as const) : ('failed' as const) }),
    text: text.toWellFormed(),
    ...(isCut ? { truncated: { ...(shown < total ? { shown, total, unit: 'entries' as const } : { shown: Math.min(text.length, all.length), total: all.length, unit: 'characters' as const }), ...(ref === undefined ? {} : { ref }) } } : {}),
    meta: {
      run, status: report.status, passed: report.passed, failed: bad.length, changed: [], cpuMs: Math.round(report.cpuMs), peakMemoryBytes: report.peakMemoryBytes,
      newlyFailing: groups[0]!.cases.length + groups[1]!.cases.length, stillFailing: groups[2]!.cases.length, fixed: fixed.length, flaky: flaky.length,
      whole: isWhole, ...(changed && { added: changed.added as unknown as Json, hashes: changed.hashes, touched: changed.touched as unknown as Json }),
      cases: [...bad, ...report.cases.filter((test) => !bad.some(({ id }) => id === test.id))].slice(0, 500).map((test) => test.id),
    },
  };
}

function describeTouched(touched: ChangedTests['touched']): readonly string[] {
  if (touched.length === 0) return [];
  const named = touched.slice(0, 10).map(({ what }) => `- ${what.slice(0, 300)}`);
  return ['Existing tests are the specification, and these no longer check what they did on the base. Put them back, unless the task itself asks for it:', ...named, ...(touched.length > named.length ? [`- and ${touched.length - named.length} more`] : [])];
}

interface Outcome {
  /** Of the run in which it failed, if there is one. */
  readonly test: TestCase;
  readonly statuses: readonly TestCase['status'][];
}

function joinOutcomes(reports: readonly TestReport[]): readonly Outcome[] {
  const byId = new Map<string, TestCase[]>();
  for (const { cases } of reports) for (const test of cases) byId.set(test.id, [...(byId.get(test.id) ?? []), test]);
  return [...byId.values()].map((cases) => ({ test: cases.find(({ status }) => isBad(status)) ?? cases.at(-1)!, statuses: cases.map(({ status }) => status) }));
}

function isBad(status: string): boolean {
  return status === 'failed' || status === 'errored' || status === 'timed-out';
}

function standing(id: string, before: ReadonlyMap<string, string>): 'newly failing' | 'failing, not on the base' | 'still failing' {
  const status = before.get(id);
  return status === undefined ? 'failing, not on the base' : isBad(status) ? 'still failing' : 'newly failing';
}

/** Its id, what did not hold, and the line of the project's own that it happened at. */
function describeFailure(group: string, test: TestCase, root: string, limit: number): string {
  const lines = (test.message ?? '').split('\n');
  const frame = lines.map((line) => ownFrame(line, root)).find((found) => found !== undefined);
  const message = lines.filter((line) => !isFrame(line)).join('\n').trim();
  const cut = message.length > limit ? `${message.slice(0, limit).replace(/[\uD800-\uDBFF]$/, '')} …[+${message.length - limit} characters]` : message;
  return [`${group}, ${test.status}${test.failure === undefined ? '' : ` (${failureOf(test)})`}: ${test.id}`, ...(cut === '' ? [] : [cut]), ...(frame === undefined ? [] : [`at ${frame}`])].join('\n');
}

function isFrame(line: string): boolean {
  return /^\s*(at |❯ ).{0,500}:\d+(:\d+)?\)?\s*$/.test(line);
}

/** The place of a stack's line, if it is a file of the project. */
function ownFrame(line: string, root: string): string | undefined {
  if (!isFrame(line)) return undefined;
  const [, place, at] = /(?:\(|\s|^)((?:file:\/\/)?[^\s()]+?|(?:file:\/\/)?\/[^()]+?):(\d+(?::\d+)?)\)?\s*$/.exec(line) ?? [];
  if (place === undefined || place.startsWith('node:') || place.includes('node_modules')) return undefined;
  const file = place.startsWith('file://') ? pathOf(place) : place;
  if (file === undefined) return undefined;
  const inside = isAbsolute(file) ? relative(root, file) : file;
  return inside === '' || inside.startsWith('..') ? undefined : `${inside.split(sep).join('/')}:${at}`;
}

function pathOf(url: string): string | undefined {
  try {
    return fileURLToPath(url);
  } catch {
    return undefined;
  }
}

/** Undefined where it could not be kept, which is no reason to lose the answer. */
async function keep(outputs: OutputStore, text: string): Promise<string | undefined> {
  try {
    return await outputs.keep(text);
  } catch {
    return undefined;
  }
}

/** As many as fit. */
function fit(parts: readonly string[], room: number): readonly string[] {
  let size = 0;
  const end = parts.findIndex((part) => (size += part.length + 1) > room);
  return end === -1 ? parts : parts.slice(0, end);
}

function casesOf(evidence: Evidence | undefined): readonly { readonly id: string; readonly status: string }[] {
  return (evidence?.results as { readonly tests?: { readonly cases?: readonly { readonly id: string; readonly status: string }[] } } | undefined)?.tests?.cases ?? [];
}
