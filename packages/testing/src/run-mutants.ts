import type { TaskWorkspace } from '@fw/agents-core';
import type { KnownOutcomes } from './known-outcomes.ts';
import type { MadeMutant, MutableFile } from './make-mutants.ts';
import { importsFile, mentionsFile } from './mentions-file.ts';
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

/** Each mutant is tried with the tests that import or name its file; those that pass are tried with all tests, several at once. */
export async function runMutants(options: RunMutantsOptions): Promise<readonly MutantResult[]> {
  const { copy, files, mutants, known, report } = options;
  const near = await testsNaming(copy, files, report);
  const results = new Map<MadeMutant, Outcome>();
  const quiet = new Set<MadeMutant>();
  const alone = new Map<string, Promise<boolean>>();
  /** Tests that fail without the others would notice every mutant: in their stead all are run. */
  const usable = async (place: TaskWorkspace, tests: readonly string[]): Promise<readonly string[]> => {
    const key = tests.join('\n');
    if (tests.length > 0 && !alone.has(key)) alone.set(key, tryMutants(place, [], tests, options).then(({ status }) => status === 'survived'));
    return tests.length === 0 || (await alone.get(key)) === true ? tests : [];
  };
  const open = mutants.filter((mutant) => {
    const outcome = known.of(mutant);
    if (outcome !== undefined) results.set(mutant, outcome);
    return outcome === undefined;
  });
  await onCopies(options, open, async (place, mutant) => {
    const touched = known.testsFor(mutant);
    const tests = await usable(place, touched ?? near.get(mutant.file) ?? []);
    const outcome = await tryMutants(place, [mutant], tests, options);
    const isOpen = tests.length > 0 && (outcome.status === 'invalid' || (outcome.status === 'survived' && touched === undefined));
    if (isOpen) quiet.add(mutant);
    else results.set(mutant, outcome);
  });
  await onCopies(options, groupsApart(mutants.filter((mutant) => quiet.has(mutant))), async (place, group) => {
    for (const [mutant, outcome] of await tryTogether(place, group, options)) results.set(mutant, outcome);
  });
  return mutants.map((mutant) => {
    const { edit: _edit, ...said } = mutant;
    return { ...said, ...(results.get(mutant) ?? { status: 'unfinished' }) };
  });
}

/** For each file, the tests that import it, else those that name it, where those are fewer than all: what notices a mutant is mostly among them. */
async function testsNaming(copy: TaskWorkspace, files: readonly MutableFile[], report: TestReport): Promise<ReadonlyMap<string, readonly string[]>> {
  const tests = [...new Set(report.cases.map(({ file }) => file))];
  // TAP names no files.
  if (tests.includes('') || tests.length < 2) return new Map();
  const texts = await Promise.all(tests.slice(0, 2_000).map(async (test) => [test, await copy.read(test).catch(() => '')] as const));
  return new Map(files.map(({ file }) => {
    const importing = texts.filter(([, text]) => importsFile(text, file));
    const naming = (importing.length > 0 ? importing : texts.filter(([, text]) => mentionsFile(text, file))).map(([test]) => test);
    return [file, naming.length === tests.length ? [] : naming];
  }));
}

/** Works through the items on several copies at once, until the time is over. */
async function onCopies<Item>({ copy, tree, workers, endsAt }: RunMutantsOptions, items: readonly Item[], work: (place: TaskWorkspace, item: Item) => Promise<void>): Promise<void> {
  const others: TaskWorkspace[] = [];
  let next = 0;
  const workThrough = async (place: TaskWorkspace): Promise<void> => {
    for (let item = items[next++]; item !== undefined && Date.now() < endsAt; item = items[next++]) await work(place, item);
  };
  try {
    for (let made = 1; made < Math.min(workers, items.length); made += 1) others.push(await copy.checkout(tree));
    const settled = await Promise.allSettled([copy, ...others].map(workThrough));
    const failed = settled.find((one) => one.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  } finally {
    for (const one of others) await one.close();
  }
}

/** Mutants of one group change different places. */
function groupsApart(mutants: readonly MadeMutant[]): readonly (readonly MadeMutant[])[] {
  const groups: MadeMutant[][] = [];
  for (const mutant of mutants) {
    const group = groups.find((members) => members.every((one) => one.file !== mutant.file || one.edit.to <= mutant.edit.from || mutant.edit.to <= one.edit.from));
    if (group === undefined) groups.push([mutant]);
    else group.push(mutant);
  }
  return groups;
}

/** Where all tests pass with all of them, none is noticed; else each half is tried by itself. */
async function tryTogether(place: TaskWorkspace, group: readonly MadeMutant[], options: RunMutantsOptions): Promise<readonly (readonly [MadeMutant, Outcome])[]> {
  const outcome = await tryMutants(place, group, [], options);
  if (group.length === 1 || outcome.status === 'survived' || outcome.status === 'unfinished') return group.map((mutant) => [mutant, outcome]);
  const half = Math.ceil(group.length / 2);
  return [...(await tryTogether(place, group.slice(0, half), options)), ...(await tryTogether(place, group.slice(half), options))];
}

/** Runs these tests, all where none is named, on the code with these mutants. */
async function tryMutants(place: TaskWorkspace, mutants: readonly MadeMutant[], files: readonly string[], options: RunMutantsOptions): Promise<Outcome> {
  await place.restore(options.tree);
  for (const { file, content } of options.files) {
    const edits = mutants.filter((mutant) => mutant.file === file).map(({ edit }) => edit).sort((left, right) => right.from - left.from);
    if (edits.length > 0) await place.write(file, edits.reduce((text, edit) => text.slice(0, edit.from) + edit.text + text.slice(edit.to), content));
  }
  const longest = Math.min(options.timeoutMs ?? 600_000, 10_000 + 3 * options.report.durationMs);
  const left = options.endsAt - Date.now();
  if (left <= 0) return { status: 'unfinished' };
  const report = await createTestRunner({ workspace: place }).run({ files, timeoutMs: Math.min(longest, left), ...(options.signal === undefined ? {} : { signal: options.signal }) });
  options.signal?.throwIfAborted();
  return toOutcome(report, left < longest);
}

function toOutcome(report: TestReport, wasHurried: boolean): Outcome {
  const failing = report.cases.filter(({ status }) => status === 'failed' || status === 'errored' || status === 'timed-out').map(({ id }) => id).sort();
  if (failing[0] !== undefined) return { status: 'killed', killedBy: failing[0].slice(0, 500) };
  if (report.status === 'passed') return { status: 'survived' };
  if (report.status === 'timed-out') return { status: wasHurried ? 'unfinished' : 'timed-out' };
  return { status: 'invalid' };
}
