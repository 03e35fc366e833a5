import type { Comparison, Hunk } from '@fw/workspace';
import { FrameworkError } from '../framework-error.ts';
import { testsImporting } from '../related-tests.ts';
import type { TracedTest } from './trace-criteria.ts';
import { readPlace } from './place.ts';
import type { TracedRun } from './traced-run.ts';
import { findWriters } from './writing-steps.ts';
import type { WritingStep } from './writing-steps.ts';
import { criteriaOfFile, writtenLines } from './uncovered.ts';

/** Why a line, or a file, is as a run leaves it. */
export interface Why {
  readonly version: 1;
  readonly run: string;
  readonly file: string;
  /** 1-based, as the run leaves the file; null when the whole file was asked about. */
  readonly line: number | null;
  /** What the run did to the file. */
  readonly change: Comparison['status'] | 'none';
  /** The name that a renamed file had before, or has now. */
  readonly renamedFrom?: string;
  readonly renamedTo?: string;
  /** False when the run did not write the line, or did nothing to the file. */
  readonly changed: boolean;
  /** Of the run's change: the one that has the line, or all of the file. */
  readonly hunks: readonly Hunk[];
  /** Who wrote it, oldest first; for a file every step that changed it. */
  readonly steps: readonly WritingStep[];
  readonly criteria: readonly { readonly criterion: string; readonly text: string; readonly status: 'proven' | 'unproven'; readonly by: readonly ('component' | 'test')[] }[];
  readonly coverage: LineCoverage;
  readonly tests: readonly WhyTest[];
}

/** Of changed lines, all tests together: the runner does not measure each test apart. Lines in neither list are no code, or not known. */
export type LineCoverage =
  | { readonly status: 'measured'; readonly evidence: string; readonly executed: readonly number[]; readonly notExecuted: readonly number[] }
  | { readonly status: 'unavailable'; readonly reason: string };

/**
 * A test that may have executed it: it stands in the file (`in-file`), its file imports it, itself or over others
 * (`imports`), or it is linked to one of the criteria and nothing says how it gets there (`unknown`).
 */
export interface WhyTest extends Pick<TracedTest, 'id' | 'file' | 'status' | 'redFirst'> {
  readonly criteria: readonly string[];
  readonly reaches: 'in-file' | 'imports' | 'unknown';
}

/** @throws FrameworkError `FW_PLACE_UNKNOWN` for a file that the run does not know, or a line that it does not have. */
export async function explainPlace(run: TracedRun, text: string): Promise<Why> {
  const { snapshots, tree, changes } = run;
  const now = new Set(await snapshots.files(tree));
  const place = readPlace(text, new Set([...now, ...changes.flatMap(({ file, from }) => (from === undefined ? [file] : [file, from]))]), run.workspace);
  const { file } = place;
  if (!now.has(file)) return explainGone(run, place);
  if (place.line !== undefined) await requireLine(run, file, place.line);
  const change = changes.find((one) => one.file === file);
  const written = change === undefined ? [] : writtenLines(change);
  const lines = place.line === undefined ? written : written.filter((line) => line === place.line);
  const changed = change !== undefined && (place.line === undefined || lines.length > 0);
  const steps = changed ? await findWriters(run.entries, snapshots, { file, lines }) : [];
  const coverage = coverageOf(file, lines, run);
  return {
    version: 1, run: run.id, file, line: place.line ?? null, change: change?.status ?? 'none',
    ...(change?.from !== undefined && { renamedFrom: change.from }),
    changed,
    hunks: changed ? change.hunks.filter(({ newStart, newLines }) => place.line === undefined || (place.line >= newStart && place.line < newStart + newLines)) : [],
    steps: place.line === undefined ? steps : steps.filter((step) => step.lines.length > 0),
    criteria: changed ? criteriaOf(file, run) : [],
    coverage,
    tests: changed ? await testsOf(file, coverage, run) : [],
  };
}

/** Of a file that the run deleted or gave another name. */
async function explainGone(run: TracedRun, { file, line }: { readonly file: string; readonly line: number | undefined }): Promise<Why> {
  const renamed = run.changes.find(({ from }) => from === file);
  const change = renamed ?? run.changes.find((one) => one.file === file);
  const steps = renamed === undefined ? await findDeletion(run, file) : await findWriters(run.entries, run.snapshots, { file: renamed.file, lines: [] });
  return {
    version: 1, run: run.id, file, line: line ?? null, change: change?.status ?? 'none', ...(renamed !== undefined && { renamedTo: renamed.file }), changed: true,
    hunks: renamed === undefined && line === undefined ? change?.hunks ?? [] : [],
    steps, criteria: criteriaOf(renamed?.file ?? file, run), coverage: { status: 'unavailable', reason: 'The file is not there any more.' }, tests: [],
  };
}

/** The step after which the file was not there any more. */
async function findDeletion({ entries, snapshots }: TracedRun, file: string): Promise<readonly WritingStep[]> {
  const trees = entries.flatMap(({ entry }) => (entry.tree === undefined ? [] : [entry.tree]));
  const versions = await snapshots.versions([snapshots.base, ...trees], file);
  const last = versions.findLastIndex((version) => version !== undefined);
  const before = [snapshots.base, ...trees][last];
  const upTo = entries.findIndex(({ entry }) => entry.tree === trees[last] && entry.tree !== before);
  return (await findWriters(upTo === -1 ? entries : entries.slice(0, upTo + 1), snapshots, { file, lines: [] })).slice(-1);
}

async function requireLine({ snapshots, tree }: TracedRun, file: string, line: number): Promise<void> {
  const text = await snapshots.show(tree, file).catch((error: { readonly code?: unknown }) => {
    if (error.code === 'FW_WORKSPACE_BINARY') return undefined;
    throw error;
  });
  if (text === undefined) throw new FrameworkError('FW_PLACE_UNKNOWN', { message: `"${file}" is no text and has no lines. Ask about the file: --why ${file}` });
  const count = text === '' ? 0 : text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
  if (line < 1 || line > count) throw new FrameworkError('FW_PLACE_UNKNOWN', { message: `"${file}" has no line ${line}: as the run leaves it, it has ${count}.` });
}

function criteriaOf(file: string, run: TracedRun): Why['criteria'] {
  return criteriaOfFile(file, run).map(({ criterion: { criterion, text, status }, by }) => ({ criterion, text, status, by }));
}

function coverageOf(file: string, lines: readonly number[], { measured: { coverage } }: TracedRun): LineCoverage {
  if (coverage.status === 'unavailable') return coverage;
  const among = (known: ReadonlyMap<string, ReadonlySet<number>>): readonly number[] => lines.filter((line) => known.get(file)?.has(line));
  return { status: 'measured', evidence: coverage.evidence, executed: among(coverage.executed), notExecuted: among(coverage.notExecuted) };
}

/** None for lines that are known not to have run. */
async function testsOf(file: string, coverage: LineCoverage, run: TracedRun): Promise<readonly WhyTest[]> {
  const { measured, criteria, snapshots, tree } = run;
  if (coverage.status === 'measured' && coverage.executed.length === 0 && coverage.notExecuted.length > 0) return [];
  const files = [...new Set(measured.tests.map((test) => test.file))];
  const importing = await testsImporting(file, { known: new Set(await snapshots.files(tree)), tests: files, read: (path) => snapshots.show(tree, path).catch(() => undefined) });
  const own = new Set(criteriaOfFile(file, run).map(({ criterion }) => criterion.criterion));
  return measured.tests.flatMap((test) => {
    const linked = criteria.filter(({ tests }) => tests.some(({ id }) => id === test.id)).map(({ criterion }) => criterion);
    const reaches = test.file === file ? 'in-file' : importing.has(test.file) ? 'imports' : 'unknown';
    if (reaches === 'unknown' && !linked.some((criterion) => own.has(criterion))) return [];
    const redFirst = measured.wasRed(test.id);
    return [{ id: test.id, file: test.file, status: test.status, ...(redFirst !== undefined && { redFirst }), criteria: linked, reaches }];
  });
}
