import type { Finding, TaskWorkspace } from '@fw/agents-core';
import type { Linter } from 'eslint';
import { toFindingsResults } from './findings-results.ts';
import type { FindingsResults } from './findings-results.ts';
import { inBatches } from './in-batches.ts';
import { toMeasurement } from './measurement.ts';
import type { Measurement } from './measurement.ts';
import { findOptionalPeer, installLine } from './optional-peer.ts';
import { inTestFolder, isTestFile } from './test-kind.ts';
import type { ValidatorInput } from './validator.ts';

export interface MeasureComplexityOptions extends ValidatorInput {
  /** Most ways through a function. */
  readonly max: number;
}

const maxFiles = 2_000;

/** Functions of changed files that have more ways through them than allowed, and more than on the base: evidence of kind `complexity`. ESLint counts; no setting of the project takes part. */
export async function measureComplexity(options: MeasureComplexityOptions): Promise<Measurement> {
  const startedAt = Date.now();
  const results = await compare(options);
  return toMeasurement({ kind: 'complexity', tree: options.head, startedAt, results, sandbox: 'none: it ran in this process' });
}

async function compare({ workspace, base, head, max, signal }: MeasureComplexityOptions): Promise<FindingsResults> {
  const unavailable: FindingsResults = { status: 'unavailable', validator: 'complexity', reason: `ESLint is not there; ${installLine(['eslint', 'typescript-eslint'])}` };
  if (findOptionalPeer('eslint') === undefined) return unavailable;
  const changes = base === head ? [] : (await workspace.changes(base, head)).filter(({ file }) => isCode(file)).slice(0, maxFiles);
  if (changes.length === 0) return toFindingsResults('complexity', []);
  // Loading a compiler takes longer than the counting.
  const count = await loadCounter(max, changes.some(({ file }) => isTypeScript(file)));
  if (count === undefined) return unavailable;
  const before = (await inBatches(changes, ({ file, status }) => (status === 'added' ? [] : countIn(workspace, base, file, count, signal)) as Promise<readonly Complex[]>)).flat();
  const now = (await inBatches(changes, ({ file, status }) => (status === 'deleted' ? [] : countIn(workspace, head, file, count, signal)) as Promise<readonly Complex[]>)).flat();
  const left = [...before];
  const findings = now.map((one): Finding => {
    // The same function, there or in another changed file, was no simpler.
    const at = left.findIndex((old) => old.name === one.name && old.ways >= one.ways && (old.file === one.file || !now.some((other) => other.file === old.file && other.name === old.name)));
    if (at !== -1) left.splice(at, 1);
    return { source: 'complexity', rule: 'complexity', category: 'complexity', severity: 'low', file: one.file, line: one.line, isNew: at === -1, message: `${one.name} has ${one.ways} ways through it; at most ${max} are allowed for what a change adds or makes worse.` };
  });
  const unread = changes.filter(({ file, status }) => status !== 'deleted' && isTypeScript(file) && !count.readsTypes).map(({ file }) => file);
  return toFindingsResults('complexity', findings, unread.length === 0 ? {} : { partly: unread.slice(0, 100) });
}

interface Complex {
  readonly file: string;
  readonly name: string;
  readonly ways: number;
  readonly line: number;
}

interface Counter {
  (text: string, file: string): readonly Complex[];
  /** Whether TypeScript can be read. */
  readonly readsTypes: boolean;
}

async function countIn(workspace: TaskWorkspace, tree: string, file: string, count: Counter, signal: AbortSignal | undefined): Promise<readonly Complex[]> {
  signal?.throwIfAborted();
  const text = await workspace.show(tree, file).catch(() => undefined);
  return text === undefined || text.length > 500_000 ? [] : count(text, file);
}

/** ESLint's own rule, on the text alone. Comments of the code cannot switch it off. */
async function loadCounter(max: number, needsTypes: boolean): Promise<Counter | undefined> {
  const eslint = await import('eslint').catch(() => undefined);
  if (eslint === undefined) return undefined;
  const typescript = needsTypes ? await import('typescript-eslint').catch(() => undefined) : undefined;
  const linter = new eslint.Linter();
  const count = (text: string, file: string): readonly Complex[] => {
    const messages = linter.verify(text, [{
      // A pattern for everything alone matches nothing.
      files: ['**/*.js', '**/*.mjs', '**/*.cjs', '**/*.jsx', '**/*.ts', '**/*.mts', '**/*.cts', '**/*.tsx'],
      languageOptions: { ecmaVersion: 'latest', sourceType: 'module', parserOptions: { ecmaFeatures: { jsx: true } }, ...(typescript === undefined ? {} : { parser: typescript.parser as Linter.Parser }) },
      linterOptions: { noInlineConfig: true, reportUnusedDisableDirectives: 'off' },
      rules: { complexity: ['error', { max }] },
    }], { filename: file });
    return messages.flatMap(({ ruleId, message, line }) => {
      const read = /^(.*) has a complexity of (\d+)\./.exec(message);
      return ruleId === 'complexity' && read !== null ? [{ file, line, name: read[1] ?? '', ways: Number(read[2]) }] : [];
    });
  };
  return Object.assign(count, { readsTypes: typescript !== undefined });
}

function isTypeScript(file: string): boolean {
  return /\.[cm]?tsx?$/.test(file);
}

function isCode(file: string): boolean {
  return /\.[cm]?[jt]sx?$/.test(file) && !/\.d\.[cm]?ts$|[.-]min\.[cm]?js$|(^|\/)(node_modules|dist|coverage|vendor)\//.test(file) && !isTestFile(file) && !inTestFolder(file);
}
