import { readOutput } from '@fw/agents-core';
import type { Json, ToolExchange } from '@fw/agents-core';
import { withZod } from '@fw/agents-core/with-zod';
import type { TestRun } from './change.ts';

const notRun: readonly (string | undefined)[] = ['invalid_input', 'unknown_tool', 'not_executed', 'denied', 'cancelled'];
const summaryLimit = 200;

/** The calls of run_tests that did run. */
export function findTestRuns(exchanges: readonly ToolExchange[]): readonly ToolExchange[] {
  return exchanges.filter(({ call, output }) => call.name === 'run_tests' && !notRun.includes(readOutput(output).code));
}

/** A run under the id that its tool gave it, else under the id of its call. */
export function describeRun({ call, output }: ToolExchange): TestRun {
  const { ok, text = '', meta } = readOutput(output);
  const run = meta?.['run'];
  return { run: typeof run === 'string' ? run : call.id, ok: ok === true, summary: (text.split('\n', 1)[0] ?? '').slice(0, summaryLimit) };
}

/** Whether all tests were run, as far as the tool says. */
export function isWholeRun({ output }: ToolExchange): boolean {
  return readOutput(output).meta?.['whole'] !== false;
}

/** What run_tests tells of the tests themselves. */
export interface TestRunReport {
  /** Tests that the base does not have. */
  readonly added: readonly RunTest[];
  /** Of their files, as they were run. */
  readonly hashes: { readonly [file: string]: string };
  /** Existing tests that are gone, off, or check less. */
  readonly touched: readonly { readonly file: string; readonly what: string }[];
  readonly isWhole: boolean;
  /** The run came to its end, and none of its new tests is left out. */
  readonly isComplete: boolean;
}

export interface RunTest {
  readonly id: string;
  readonly file: string;
  readonly status: string;
  readonly failure?: 'assertion' | 'missing' | 'syntax' | 'timeout' | 'error';
}

const mostAdded = 200;
const report = withZod((z) => z.object({
  added: z.array(z.object({ id: z.string(), file: z.string(), status: z.string(), failure: z.enum(['assertion', 'missing', 'syntax', 'timeout', 'error']).exactOptional() })),
  hashes: z.record(z.string(), z.string()).default({}),
  touched: z.array(z.object({ file: z.string(), what: z.string() })).default([]),
  whole: z.boolean().default(false),
  status: z.string().default(''),
}));

/** Undefined for a run that tells nothing of new tests: its host does not know the base. */
export function readTestRun({ output }: ToolExchange): TestRunReport | undefined {
  const parsed = report.safeParse(readOutput(output).meta);
  if (!parsed.success) return undefined;
  const { added, hashes, touched, whole, status } = parsed.data;
  return { added, hashes, touched, isWhole: whole, isComplete: added.length < mostAdded && (status === 'passed' || status === 'failed') };
}

/** Whether an id was shown by one of the runs: its own, or that of a test case in its report. */
export function wasSeen(id: string, runs: readonly ToolExchange[]): boolean {
  return runs.some((run) => describeRun(run).run === id || hasString(readOutput(run.output).meta ?? null, id) || hasLine(readOutput(run.output).text ?? '', id));
}

function hasString(value: Json | undefined, text: string): boolean {
  if (typeof value === 'string') return value === text;
  return value !== null && typeof value === 'object' && Object.values(value).some((member) => hasString(member as Json | undefined, text));
}

/** As a whole, not as a part of a longer name; a mark may stand before it and a time or message behind it. */
function hasLine(report: string, id: string): boolean {
  return id.trim() !== '' && report.split('\n').some((line) => {
    const at = line.indexOf(id);
    return at >= 0 && !/(?:\w|>\s*)$/.test(line.slice(0, at)) && !/^\w/.test(line.slice(at + id.length));
  });
}
