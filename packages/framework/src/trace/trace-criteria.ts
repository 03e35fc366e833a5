import type { Artifact, Evidence, Task } from '@fw/agents-core';
import { meansFile, readSaid } from './artifacts.ts';
import type { Said } from './artifacts.ts';
import { readMeasured } from './evidence.ts';
import type { MeasuredTest, MeasuredTree } from './evidence.ts';

/** One criterion from requirement over component and test to evidence. */
export interface TracedCriterion {
  /** Its id. */
  readonly criterion: string;
  readonly text: string;
  readonly kind: 'new' | 'keep';
  /** Names of the design's components that are there for it. */
  readonly components: readonly string[];
  readonly tests: readonly TracedTest[];
  /** Ids of the evidence that it rests on. */
  readonly evidence: readonly string[];
  /**
   * `proven`: tests that are linked to it ran on the tree as it is, all of them passed, and for a `new` one at least one
   * of them was red before the change. Who linked them does not make them pass.
   */
  readonly status: 'proven' | 'unproven';
}

export interface TracedTest {
  readonly id: string;
  readonly file: string;
  /** As the runner measured it, e.g. `passed`. */
  readonly status: string;
  /** Whether it failed before the change; absent where that was not measured. */
  readonly redFirst?: boolean;
  readonly linkedBy: readonly TestLink[];
}

/**
 * What links a test to a criterion: the design by name, or only by file; the id of the case among the evidence of the
 * developer's report; or the criterion's id in the test's own name, as in "adds up [c1]".
 */
export type TestLink = 'design' | 'design-file' | 'change' | 'name';

export interface TraceInput {
  readonly task: Task;
  readonly artifacts: readonly Artifact[];
  readonly evidence: readonly Evidence[];
  /** The tree as the run has come to. */
  readonly tree: string | undefined;
}

/** Every criterion of a run with what shows it; a pure function of what is in its journal. */
export function traceCriteria({ task, artifacts, evidence, tree }: TraceInput): readonly TracedCriterion[] {
  const said = readSaid(artifacts, task);
  const measured = readMeasured(evidence, tree);
  return said.criteria.map(({ id, text, kind }) => {
    const tests = linkedTests(id, said, measured);
    const isRed = tests.some(({ redFirst }) => redFirst === true);
    return {
      criterion: id, text, kind, tests,
      components: said.components.filter(({ criteria }) => criteria.includes(id)).map(({ name }) => name),
      evidence: tests.length === 0 ? [] : [measured.testsId, isRed ? measured.redFirstId : undefined].filter((one) => one !== undefined),
      status: isProven(kind, tests, measured) ? 'proven' : 'unproven',
    };
  });
}

function isProven(kind: 'new' | 'keep', tests: readonly TracedTest[], measured: MeasuredTree): boolean {
  if (!measured.isPresent || tests.length === 0 || tests.some(({ status }) => status !== 'passed')) return false;
  return kind === 'keep' || tests.some((test) => test.redFirst ?? measured.passedBefore(test.id) === false);
}

function linkedTests(criterion: string, said: Said, measured: MeasuredTree): readonly TracedTest[] {
  const linksOf = createLinks(criterion, said, measured);
  return measured.tests.flatMap((test) => {
    const linkedBy = linksOf(test);
    const redFirst = measured.wasRed(test.id);
    return linkedBy.length === 0 ? [] : [{ id: test.id, file: test.file, status: test.status, ...(redFirst !== undefined && { redFirst }), linkedBy }];
  });
}

function createLinks(criterion: string, { intended, named }: Said, measured: MeasuredTree): (test: MeasuredTest) => readonly TestLink[] {
  const names = new Map(measured.tests.map((test) => [test, plainName(nameOf(test))]));
  const meant = intended.filter((one) => one.criterion === criterion).map(({ file, name }) => {
    const isThere = (test: MeasuredTest): boolean => file === '' || meansFile(file, test.file);
    const isNamed = (test: MeasuredTest): boolean => name !== '' && isThere(test) && names.get(test)?.includes(plainName(name)) === true;
    // A name that no test has was not kept; what is new in the intended file is then what was meant.
    const isLost = name !== '' && !measured.tests.some(isNamed);
    return { isNamed, isInFile: (test: MeasuredTest): boolean => file !== '' && isThere(test) && (name === '' || (isLost && measured.passedBefore(test.id) === false)) };
  });
  const cases = new Set(named.filter(({ id }) => id === criterion).flatMap(({ evidence }) => evidence));
  const hasId = idPattern(criterion);
  return (test) => {
    const byName = meant.some(({ isNamed }) => isNamed(test));
    return [
      ...(byName ? ['design' as const] : []),
      ...(!byName && meant.some(({ isInFile }) => isInFile(test)) ? ['design-file' as const] : []),
      ...(cases.has(test.id) ? ['change' as const] : []),
      ...(hasId.test(nameOf(test)) ? ['name' as const] : []),
    ];
  };
}

/** Without its file. */
function nameOf({ id, file }: MeasuredTest): string {
  return id.startsWith(`${file} > `) ? id.slice(file.length + 3) : id;
}

function plainName(name: string): string {
  return name.toLowerCase().replaceAll(/\s+/g, ' ').trim();
}

/** Finds an id as a word of its own; one that is a plain word only in brackets or before a colon, for tests are named in words. */
function idPattern(criterion: string): RegExp {
  const id = criterion.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const marked = `[[(#]${id}[\\])]|(?:^|[\\s>])#?${id}:`;
  return new RegExp(/\d|[-_.]/.test(criterion) ? `${marked}|(?<![\\w.-])${id}(?![\\w-]|\\.\\w)` : marked);
}
