import type { TaskWorkspace } from '@fw/agents-core';
import type { KnownOutcomes } from './known-outcomes.ts';
import type { MadeMutant, MutableFile } from './make-mutants.ts';
import { mentionsFile } from './mentions-file.ts';
import type { MutantResult } from './mutation-results.ts';
import { createTestRunner } from './runner.ts';
import type { TestReport } from './test-report.ts';

export interface RunMutantsOptions {
  /** A copy to work on, and the tree that it has without a mutant. */
  readonly copy: TaskWorkspace;
  readonly tree: string;
  readonly files: readonly MutableFile[];
  readonly mutants: readonly MadeMutant[];
  readonly known: KnownOutcomes;
  /** The run without a mutant, which passed. */
  readonly report: TestReport;
  /** Epoch milliseconds after which nothing is begun. */
  readonly endsAt: number;
  readonly workers: number;
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

type Outcome = Pick<MutantResult, 'status' | 'killedBy'>;

/** Runs the tests once or twice with each mutant: first those that name its file, then all of them. */
export async function runMutants(options: RunMutantsOptions): Promise<readonly MutantResult[]> {
  const { copy, tree, files, mutants, known, report, workers } = options;
  const contents = new Map(files.map(({ file, content }) => [file, content]));
  const near = await testsNaming(copy, files, report);
  const results = new Map<MadeMutant, Outcome>();
  const open = mutants.filter((mutant) => {
    const outcome = known.of(mutant);
    if (outcome !== undefined) results.set(mutant, outcome);
    return outcome === undefined;
  });
  const alone = new Map<string, Promise<boolean>>();
  const passAlone = async (place: TaskWorkspace, tests: readonly string[]): Promise<boolean> => {
    await place.restore(tree);
    return (await tryTests(place, [tests], options)).status === 'survived';
  };
  /** Tests that fail without the others would notice every mutant: in their stead all are run. */
  const usableSets = async (place: TaskWorkspace, sets: readonly (readonly string[])[]): Promise<readonly (readonly string[])[]> => {
    const usable = await Promise.all(sets.map(async (tests) => {
      const key = tests.join('\n');
      if (tests.length > 0 && !alone.has(key)) alone.set(key, passAlone(place, tests));
      return tests.length === 0 || (await alone.get(key)) === true ? tests : [];
    }));
    return usable.filter((tests, index) => tests.length > 0 || index === usable.findIndex((one) => one.length === 0));
  };
  let next = 0;
  const work = async (place: TaskWorkspace): Promise<void> => {
    for (let mutant = open[next++]; mutant !== undefined; mutant = open[next++]) {
      if (Date.now() >= options.endsAt) return;
      const sets = await usableSets(place, known.testsFor(mutant) ?? [...(near.get(mutant.file) ?? []), []]);
      await place.restore(tree);
      const { from, to, text } = mutant.edit;
      const content = contents.get(mutant.file) ?? '';
      await place.write(mutant.file, content.slice(0, from) + text + content.slice(to));
      results.set(mutant, await tryTests(place, sets, options));
    }
  };
  await onCopies(copy, tree, Math.min(workers, open.length), work);
  return mutants.map((mutant) => {
    const { edit: _edit, ...said } = mutant;
    return { ...said, ...(results.get(mutant) ?? { status: 'unfinished' }) };
  });
}

async function onCopies(copy: TaskWorkspace, tree: string, count: number, work: (place: TaskWorkspace) => Promise<void>): Promise<void> {
  const others: TaskWorkspace[] = [];
  try {
    for (let made = 1; made < count; made += 1) others.push(await copy.checkout(tree));
    const settled = await Promise.allSettled([copy, ...others].map(work));
    const failed = settled.find((one) => one.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  } finally {
    for (const one of others) await one.close();
  }
}

/** For each file, the tests that name it, where those are fewer than all: what notices a mutant is mostly among them. */
async function testsNaming(copy: TaskWorkspace, files: readonly MutableFile[], report: TestReport): Promise<ReadonlyMap<string, readonly (readonly string[])[]>> {
  const tests = [...new Set(report.cases.map(({ file }) => file))];
  // TAP names no files.
  if (tests.includes('') || tests.length < 2) return new Map();
  const texts = await Promise.all(tests.slice(0, 2_000).map(async (test) => [test, await copy.read(test).catch(() => '')] as const));
  return new Map(files.map(({ file }) => {
    const naming = texts.filter(([, text]) => mentionsFile(text, file)).map(([test]) => test);
    return [file, naming.length === 0 || naming.length === tests.length ? [] : [naming]];
  }));
}

/** The first set of tests that notices it decides; an empty set stands for all tests. */
async function tryTests(place: TaskWorkspace, sets: readonly (readonly string[])[], options: RunMutantsOptions): Promise<Outcome> {
  const longest = Math.min(options.timeoutMs ?? 600_000, 10_000 + 3 * options.report.durationMs);
  let outcome: Outcome = { status: 'survived' };
  for (const files of sets) {
    const left = options.endsAt - Date.now();
    if (left <= 0) return { status: 'unfinished' };
    const report = await createTestRunner({ workspace: place }).run({ files, timeoutMs: Math.min(longest, left), ...(options.signal === undefined ? {} : { signal: options.signal }) });
    options.signal?.throwIfAborted();
    outcome = toOutcome(report, left < longest);
    if (outcome.status !== 'survived' && !(outcome.status === 'invalid' && files.length > 0)) return outcome;
  }
  return outcome;
}

function toOutcome(report: TestReport, wasHurried: boolean): Outcome {
  const failing = report.cases.filter(({ status }) => status === 'failed' || status === 'errored' || status === 'timed-out').map(({ id }) => id).sort();
  if (failing[0] !== undefined) return { status: 'killed', killedBy: failing[0].slice(0, 500) };
  if (report.status === 'passed') return { status: 'survived' };
  if (report.status === 'timed-out') return { status: wasHurried ? 'unfinished' : 'timed-out' };
  return { status: 'invalid' };
}
