// Runs inside the project's own vitest, copied into a folder of its own: it may import only from Node and its neighbour.
import { createSignedLines } from './signed-lines.ts';

interface TaskError {
  readonly name?: string;
  readonly message?: string;
  readonly stack?: string;
}
interface Task {
  readonly type: string;
  readonly name: string;
  readonly parent?: Task;
}
interface TestTask extends Task {
  readonly id: string;
  readonly options: { readonly mode?: string };
  readonly module: { readonly moduleId: string };
  readonly project?: { readonly name: string };
  result(): { readonly state: string; readonly errors?: readonly TaskError[] };
  diagnostic(): { readonly duration: number; readonly flaky?: boolean } | undefined;
}
interface SuiteTask extends Task {
  errors(): readonly TaskError[];
}
interface ModuleTask {
  readonly moduleId: string;
  readonly children: { allTests(): Iterable<TestTask>; allSuites(): Iterable<SuiteTask> };
  errors(): readonly TaskError[];
}

/** Writes what vitest reports as one signed JSON line an event, at once, so that a killed run keeps what it had. */
export default class SignedReporter {
  readonly #write = createSignedLines();
  readonly #written = new Set<string>();

  onInit(): void {
    this.#write?.({ type: 'begin' });
  }

  onTestCaseResult(test: TestTask): void {
    const { state, errors = [] } = test.result();
    if (state === 'pending' || this.#written.has(test.id)) return;
    this.#written.add(test.id);
    const status = state === 'skipped' && test.options.mode === 'todo' ? 'todo' : state;
    const diagnostic = test.diagnostic();
    this.#write?.({
      type: 'case', file: test.module.moduleId, path: pathOf(test), project: test.project?.name ?? '', status, durationMs: diagnostic?.duration ?? 0,
      ...(diagnostic?.flaky === true ? { flaky: true } : {}), ...(status === 'failed' ? describe(errors) : {}),
    });
  }

  onTestModuleEnd(module: ModuleTask): void {
    for (const test of module.children.allTests()) this.onTestCaseResult(test);
    for (const suite of module.children.allSuites()) {
      if (suite.errors().length > 0) this.#write?.({ type: 'broken', file: module.moduleId, path: pathOf(suite), ...describe(suite.errors()) });
    }
    if (module.errors().length > 0) this.#write?.({ type: 'broken', file: module.moduleId, path: [], ...describe(module.errors()) });
  }

  onTestRunEnd(modules: readonly ModuleTask[], unhandled: readonly TaskError[], reason: string): void {
    for (const module of modules) for (const test of module.children.allTests()) this.onTestCaseResult(test);
    for (const error of unhandled) this.#write?.({ type: 'unhandled', ...describe([error]) });
    this.#write?.({ type: 'end', reason });
  }
}

function pathOf(task: Task): readonly string[] {
  const path: string[] = [];
  for (let one: Task | undefined = task; one !== undefined && one.type !== 'module'; one = one.parent) path.unshift(one.name);
  return path;
}

function describe(errors: readonly TaskError[]): object {
  const texts = errors.map((error) => error.stack ?? `${error.name ?? 'Error'}: ${error.message ?? ''}`);
  return { errorName: String(errors[0]?.name ?? ''), message: texts.join('\n').slice(0, 8_000) };
}
