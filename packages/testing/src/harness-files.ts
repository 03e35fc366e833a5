import { isSourceFile, isTestFile } from './test-kind.ts';

/** Files by whose name a test runner, its loader or npm finds how tests are to run. */
const names: readonly RegExp[] = [
  /^(vite|vitest|jest|ava|karma|playwright|wdio|web-test-runner|babel|stryker|cypress|rspack|tap)\.(conf|config|workspace|projects|setup|preset)\.[^/]+$/,
  /^vitest\.[^/]+\.[cm]?[jt]s$/, /^jest\.[^/]+\.(json|[cm]?[jt]s)$/,
  /^\.(mocharc|babelrc|c8rc|nycrc|taprc|swcrc|borp|jestrc)([._-][^/]*)?$/,
  /^(\.npmrc|\.yarnrc|\.yarnrc\.yml|\.pnp\.c?js|\.pnpmfile\.c?js|node\.config\.json|bunfig\.toml|deno\.jsonc?)$/,
  /^(pytest\.ini|\.pytest\.ini|tox\.ini|setup\.cfg|conftest\.py|sitecustomize\.py|usercustomize\.py|pyproject\.toml)$/,
  /^(setup-?(files|tests?|vitest|jest|mocha)|(vitest|jest|mocha|tests?)[.-](setup|reporter|global-?setup|environment)|global-?(setup|teardown)|test-?(setup|env|environment|reporter))\.[cm]?[jt]sx?$/i,
];

/** True for files that decide how tests run and are reported, by their names alone. */
export function isHarnessFile(file: string): boolean {
  const name = file.slice(file.lastIndexOf('/') + 1);
  return file.split('/').includes('node_modules') || names.some((pattern) => pattern.test(name));
}

/** True for configs: what they import runs beside the reporter, where tests do not. */
export function isConfigFile(file: string): boolean {
  return /(^|\/)[^/]*(\.(conf|config|workspace|projects|preset)\.|rc\.)[^/]*$/.test(file);
}

/** True for files of settings that only in part decide how tests run. */
export function isManifest(file: string): boolean {
  return /(^|\/)(package|tsconfig[^/]*)\.json$/.test(file);
}

/** Files of the tree that a config or setup file loads: what it imports, and what its settings name. */
export function filesOfConfig(text: string, from: string, files: ReadonlySet<string>): ReadonlyMap<string, 'imported' | 'named'> {
  const found = new Map<string, 'imported' | 'named'>();
  for (const match of text.matchAll(/["'`]([^"'`\n]{1,300})["'`]|(?<=[:-] )([\w./@-]+)/g)) {
    const before = text.slice(Math.max(0, match.index - 400), match.index);
    const imported = /(\bfrom|\bimport|\bimport\(|\brequire\()\s*$/.test(before);
    const key = [...before.matchAll(/([\w-]+)["']?\s*:/g)].at(-1)?.[1] ?? '';
    for (const file of resolveFile(match[1] ?? match[2] ?? '', from, files)) {
      // Settings also name the code under test, as an entry to build for instance; that is no part of the harness.
      if (imported) found.set(file, 'imported');
      else if (!found.has(file) && (loadingKey.test(key) || (!isSourceFile(file) && !isTestFile(file)))) found.set(file, 'named');
    }
  }
  return found;
}

const loadingKey = /setup|teardown|reporter|environment|runner|transform|require|^import|resolver|preset|serializer|project|workspace|^extends|plugin|loader|^file$/i;

/** Files of the tree that a script runs or hands to a runner as an option; not the tests it lists, nor the code it tests. */
export function filesOfScript(script: string, from: string, files: ReadonlySet<string>): readonly string[] {
  const found = new Set<string>();
  const words = script.split(/[\s"'=]+/);
  for (const [index, word] of words.entries()) {
    for (const file of settingsOf.get(word) ?? []) if (files.has(file)) found.add(file);
    const isOption = /^(-r|-c|--(import|require|loader|experimental-loader|config|file|setup\S*|global\S*|reporters?|test-reporter|env-file\S*|node-option))$/.test(words[index - 1] ?? '');
    for (const file of resolveFile(word, from, files)) {
      if (isOption || !isTestFile(file) && !/(^|\/)(src|source|lib|app)\//.test(file)) found.add(file);
    }
  }
  return [...found];
}

/** What programs read that scripts start, without being told. */
const settingsOf: ReadonlyMap<string, readonly string[]> = new Map([
  ['make', ['Makefile', 'makefile', 'GNUmakefile']], ['just', ['justfile']], ['turbo', ['turbo.json']], ['nx', ['nx.json']], ['lerna', ['lerna.json']],
]);

function resolveFile(path: string, from: string, files: ReadonlySet<string>): readonly string[] {
  if (!/^[\w./@<>-]{1,300}$/.test(path)) return [];
  const at = normalise(from.includes('/') ? from.slice(0, from.lastIndexOf('/')) : '', path.replace(/^<rootDir>\//, './'));
  return at === undefined ? [] : candidates(at).filter((file) => file !== from && files.has(file));
}

const extensions = ['.js', '.mjs', '.cjs', '.ts', '.mts', '.cts', '.jsx', '.tsx', '.json'];

function candidates(path: string): readonly string[] {
  return [path, ...extensions.map((extension) => path + extension), ...extensions.map((extension) => `${path}/index${extension}`), path.replace(/js(x?)$/, 'ts$1')];
}

function normalise(folder: string, path: string): string | undefined {
  const parts = folder === '' ? [] : folder.split('/');
  for (const part of path.split('/')) {
    if (part === '..' && parts.pop() === undefined) return undefined;
    if (part !== '..' && part !== '.' && part !== '') parts.push(part);
  }
  return parts.length === 0 ? undefined : parts.join('/');
}
