import { posix } from 'node:path';
import type { TaskWorkspace } from '@fw/agents-core';

const TEST_FILE = /(^|\/)(test|tests|__tests__)\/|\.(test|spec)\.[cm]?[jt]sx?$|(^|\/)(test_[^/]*|[^/]*_test)\.py$/;
const SOURCE_FILE = /\.([cm]?[jt]sx?|vue|svelte|py)$/;
const SCRIPT_FILE = /\.[cm]?[jt]sx?$/;
const MAX_FILES = 5_000;
const MAX_CHARACTERS = 500_000;

/**
 * The test files that the change so far is about: those changed themselves, those that import a changed file, over
 * others too, and those that name one. Undefined where there is too much to look through.
 */
export async function relatedTests(workspace: TaskWorkspace, signal: AbortSignal): Promise<readonly string[] | undefined> {
  const tree = await workspace.snapshot();
  const changed = (await workspace.changes(workspace.base, tree)).map(({ file }) => file);
  if (changed.length === 0) return [];
  const files = await workspace.files(tree);
  const sources = files.filter((file) => SOURCE_FILE.test(file));
  if (sources.length > MAX_FILES) return undefined;
  // What imports a file that was deleted is concerned too.
  const known = new Set([...files, ...changed]);
  const importers = new Map<string, Set<string>>();
  const texts = new Map<string, string>();
  for (const file of sources) {
    signal.throwIfAborted();
    const text = await workspace.read(file).catch(() => '');
    if (text.length > MAX_CHARACTERS) continue;
    if (TEST_FILE.test(file)) texts.set(file, text);
    for (const imported of importsOf(file, text, known)) importers.set(imported, (importers.get(imported) ?? new Set()).add(file));
  }
  const concerned = new Set(changed);
  for (const file of concerned) for (const importer of importers.get(file) ?? []) concerned.add(importer);
  const names = changed.filter((file) => !TEST_FILE.test(file)).map(nameOf);
  const exist = new Set(files);
  const found = [...texts].filter(([file, text]) => concerned.has(file) || names.some((name) => namesIt(file, text, name))).map(([file]) => file);
  return found.filter((file) => exist.has(file) && isRunnable(file)).sort();
}

/** Which of these test files import a file, themselves or over others; of scripts alone, as far as 1,000 files tell. */
export async function testsImporting(file: string, tree: { readonly known: ReadonlySet<string>; readonly tests: readonly string[]; readonly read: (file: string) => Promise<string | undefined> }): Promise<ReadonlySet<string>> {
  const importers = new Map<string, Set<string>>();
  const open = new Set(tree.tests);
  let read = 0;
  for (const one of open) {
    if ((read += 1) > 1_000) break;
    const text = (await tree.read(one)) ?? '';
    if (text.length > MAX_CHARACTERS) continue;
    for (const imported of importsOf(one, text, tree.known)) {
      importers.set(imported, (importers.get(imported) ?? new Set()).add(one));
      open.add(imported);
    }
  }
  const reached = new Set([file]);
  for (const one of reached) for (const importer of importers.get(one) ?? []) reached.add(importer);
  return new Set(tree.tests.filter((test) => reached.has(test)));
}

/** Files of a test folder that are no tests of their own, such as fixtures, are only on the way to tests. */
function isRunnable(file: string): boolean {
  return /[._-](test|spec)\.|(^|\/)test[._-]|_test\.py$/.test(file) || (/(^|\/)(test|tests|__tests__)\/[^/]*$/.test(file) && SCRIPT_FILE.test(file));
}

function importsOf(file: string, text: string, known: ReadonlySet<string>): readonly string[] {
  if (!SCRIPT_FILE.test(file)) return [];
  return [...text.matchAll(/(?:\bfrom|\bimport|\brequire|\bmock|\bimportActual|\bURL)\s*\(?\s*["'`](\.{1,2}\/[^"'`\n?]{0,300}|\.{1,2})["'`?]/g)].flatMap(([, specifier = '']) => {
    const path = posix.normalize(posix.join(posix.dirname(file), specifier));
    const stem = path.replace(/\.[cm]?jsx?$/, '');
    const candidates = [path, ...extensions.map((extension) => stem + extension), ...extensions.map((extension) => path + extension), ...extensions.map((extension) => `${path}/index${extension}`)];
    const found = candidates.find((candidate) => known.has(candidate));
    return found === undefined ? [] : [found];
  });
}

const extensions = ['.ts', '.tsx', '.mts', '.cts', '.js', '.jsx', '.mjs', '.cjs', '.json', '.vue', '.svelte'] as const;

interface FileName {
  /** With its extension; the whole path for names that many files have. */
  readonly file: string;
  /** Undefined where it says nothing. */
  readonly stem?: string;
}

function nameOf(file: string): FileName {
  const base = posix.basename(file);
  const stem = base.replace(/\..*$/, '');
  return ['index', 'main', 'mod', '__init__', 'package', 'tsconfig', ''].includes(stem) ? { file } : { file: base, stem };
}

function namesIt(test: string, text: string, { file, stem }: FileName): boolean {
  if (text.includes(file)) return true;
  if (stem === undefined) return false;
  const own = posix.basename(test).replace(/^test[._-]/, '').replace(/[._-](test|spec)\..*$|\..*$/, '');
  if (own === stem) return true;
  return test.endsWith('.py') && text.split('\n').some((line) => /^\s*(from|import)\s/.test(line) && line.split(/[^\w]+/).includes(stem));
}
