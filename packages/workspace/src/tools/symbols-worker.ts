// Runs in a thread of its own: the language service on the source files of a workspace.
import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import type ts from 'typescript';
import type { FoundSymbol, SymbolAnswer, SymbolRequest } from './symbol-thread.ts';
import { newTypeErrors } from './type-errors.ts';

type TypeScript = typeof ts;

const { root } = workerData as { readonly root: string };
const maxFileBytes = 2_000_000;
const supported = /^(5\.9|6\.\d+)$/;

const loaded = await load();
let service: ts.LanguageService | undefined;
let roots: readonly string[] = [];
let drafts: ReadonlyMap<string, string> = new Map();
let draftCount = 0;

parentPort?.on('message', ({ id, request }: { readonly id: number; readonly request: SymbolRequest }) => {
  let answer: SymbolAnswer;
  try {
    answer = typeof loaded === 'string' ? { status: 'missing', found: loaded } : answerRequest(loaded, request);
  } catch (error) {
    answer = { status: 'failed', message: error instanceof Error ? error.message : String(error) };
  }
  parentPort?.postMessage({ id, answer });
});

/** TypeScript as it is installed beside this file, never that of the workspace; else what was found instead. */
async function load(): Promise<TypeScript | string> {
  try {
    const found = (await import('typescript')) as unknown as { readonly default?: TypeScript };
    const typescript = found.default ?? (found as unknown as TypeScript);
    return supported.test(typescript.versionMajorMinor) && typeof typescript.createLanguageService === 'function' ? typescript : `version ${typescript.version}`;
  } catch {
    return 'none';
  }
}

/** Texts that stand for those on disk, until there are others. */
function draft(texts: ReadonlyMap<string, string>): void {
  drafts = texts;
  draftCount += 1;
}

function answerRequest(typescript: TypeScript, request: SymbolRequest): SymbolAnswer {
  roots = request.files.map((file) => join(root, file));
  const edited = (request.edits ?? []).map(({ path }) => join(root, path));
  roots = [...new Set([...roots, ...edited])];
  if (request.path !== undefined && !roots.includes(join(root, request.path))) roots = [...roots, join(root, request.path)];
  service ??= typescript.createLanguageService(createHost(typescript));
  if (request.action === 'diagnostics') return { status: 'found', symbols: newTypeErrors({ typescript, service, root, edits: request.edits ?? [], draft }) };
  if (request.action === 'outline') return outlineOf(typescript, service, request.path ?? '');
  if (request.action === 'find') return { status: 'found', symbols: findByName(typescript, service, request.name ?? '', false) };
  const places = request.path === undefined ? undefined : placesIn(typescript, service, request.path, request.name ?? '', request.line);
  if (places !== undefined && places.length === 0) return { status: 'not_found' };
  return request.action === 'definition' ? definitionsOf(typescript, service, request, places) : referencesOf(typescript, service, request, places);
}

interface Place {
  readonly file: string;
  readonly at: number;
}

/** Where a name stands in a file as a name, not in a string or a comment. */
function placesIn(typescript: TypeScript, languageService: ts.LanguageService, path: string, name: string, line: number | undefined): readonly Place[] {
  const file = join(root, path);
  const source = languageService.getProgram()?.getSourceFile(file);
  if (source === undefined) return [];
  const places: Place[] = [];
  const visit = (node: ts.Node): void => {
    if ((typescript.isIdentifier(node) || typescript.isPrivateIdentifier(node)) && node.text === name) {
      const at = node.getStart(source);
      if (line === undefined || source.getLineAndCharacterOfPosition(at).line + 1 === line) places.push({ file, at });
    }
    typescript.forEachChild(node, visit);
  };
  visit(source);
  return places;
}

function findByName(typescript: TypeScript, languageService: ts.LanguageService, name: string, exact: boolean): readonly FoundSymbol[] {
  const items = languageService.getNavigateToItems(name, 2_000).filter((item) => isShown(item.fileName) && (!exact || item.name === name));
  const rank = (item: ts.NavigateToItem): number => (item.name === name ? 0 : item.matchKind === 'exact' ? 1 : item.matchKind === 'prefix' ? 2 : 3);
  return items
    .sort((a, b) => rank(a) - rank(b) || a.fileName.localeCompare(b.fileName) || a.textSpan.start - b.textSpan.start)
    .map((item) => symbolAt(languageService, item.fileName, nameIn(typescript, languageService, item), `${item.kind} ${item.name}${item.containerName === '' ? '' : ` in ${item.containerName}`}`));
}

/** Where the name of a declaration stands; the service gives where the declaration begins. */
function nameIn(typescript: TypeScript, languageService: ts.LanguageService, { fileName, textSpan, name }: ts.NavigateToItem): number {
  const source = languageService.getProgram()?.getSourceFile(fileName);
  let found: number | undefined;
  const visit = (node: ts.Node): void => {
    if (found !== undefined || node.end <= textSpan.start || node.pos >= textSpan.start + textSpan.length) return;
    if ((typescript.isIdentifier(node) || typescript.isPrivateIdentifier(node)) && node.text === name && node.getStart(source) >= textSpan.start) found = node.getStart(source);
    else typescript.forEachChild(node, visit);
  };
  if (source !== undefined) visit(source);
  return found ?? textSpan.start;
}

function definitionsOf(typescript: TypeScript, languageService: ts.LanguageService, request: SymbolRequest, places: readonly Place[] | undefined): SymbolAnswer {
  if (places === undefined) return foundOrNot(findByName(typescript, languageService, request.name ?? '', true));
  for (const { file, at } of places) {
    const shown = (languageService.getDefinitionAtPosition(file, at) ?? []).filter((definition) => isShown(definition.fileName));
    if (shown.length > 0) return { status: 'found', symbols: shown.map((one) => symbolAt(languageService, one.fileName, one.textSpan.start, `${one.kind} ${one.name}`)) };
  }
  return { status: 'not_found' };
}

function referencesOf(typescript: TypeScript, languageService: ts.LanguageService, request: SymbolRequest, given: readonly Place[] | undefined): SymbolAnswer {
  let place = given?.[0];
  if (place === undefined) {
    const declared = findByName(typescript, languageService, request.name ?? '', true);
    const [first] = declared;
    if (first === undefined) return { status: 'not_found' };
    place = { file: join(root, first.file), at: first.at };
    const same = new Set(referencesAt(languageService, place).map(({ file, at }) => `${file}:${at}`));
    // Several declarations may be of one symbol: overloads, merged interfaces.
    if (declared.some(({ file, at }) => !same.has(`${file}:${at}`))) return { status: 'ambiguous', symbols: declared };
  }
  // `a as b` stands on one line and is two.
  return foundOrNot([...new Map(referencesAt(languageService, place).map((one) => [`${one.file}:${one.line}`, one])).values()]);
}

function referencesAt(languageService: ts.LanguageService, { file, at }: Place): readonly FoundSymbol[] {
  const found = (languageService.findReferences(file, at) ?? []).flatMap(({ references }) => references).filter((one) => isShown(one.fileName));
  const symbols = found.map((one) => symbolAt(languageService, one.fileName, one.textSpan.start, one.isDefinition === true ? 'definition' : 'use'));
  const unique = new Map(symbols.map((symbol) => [`${symbol.file}:${symbol.at}`, symbol]));
  return [...unique.values()].sort((a, b) => a.file.localeCompare(b.file) || a.at - b.at);
}

function outlineOf(typescript: TypeScript, languageService: ts.LanguageService, path: string): SymbolAnswer {
  const file = join(root, path);
  if (languageService.getProgram()?.getSourceFile(file) === undefined) return { status: 'not_found' };
  const symbols: FoundSymbol[] = [];
  const local = new Set<string>([typescript.ScriptElementKind.alias, typescript.ScriptElementKind.parameterElement]);
  const visit = (tree: ts.NavigationTree, depth: number): void => {
    const start = (tree.nameSpan ?? tree.spans[0])?.start;
    if (depth >= 0 && start !== undefined && !local.has(tree.kind)) symbols.push({ ...symbolAt(languageService, file, start, `${'  '.repeat(depth)}${tree.kind} ${tree.text}`) });
    for (const child of tree.childItems ?? []) if (depth < 3) visit(child, depth + 1);
  };
  visit(languageService.getNavigationTree(file), -1);
  return { status: 'found', symbols: symbols.sort((a, b) => a.at - b.at) };
}

function foundOrNot(symbols: readonly FoundSymbol[]): SymbolAnswer {
  return symbols.length === 0 ? { status: 'not_found' } : { status: 'found', symbols };
}

function symbolAt(languageService: ts.LanguageService, fileName: string, at: number, what: string): FoundSymbol {
  const source = languageService.getProgram()?.getSourceFile(fileName);
  const { line } = source?.getLineAndCharacterOfPosition(at) ?? { line: 0 };
  const starts = source?.getLineStarts() ?? [];
  const text = source?.text.slice(starts[line] ?? 0, starts[line + 1]).trim() ?? '';
  return { what, file: relative(root, fileName).split(sep).join('/'), at, line: line + 1, text: text.slice(0, 500).toWellFormed() };
}

function isShown(fileName: string): boolean {
  return fileName.startsWith(`${root}/`) && !fileName.includes('/node_modules/');
}

/** Sees the workspace and TypeScript's own library, nothing else, whatever links and settings say. */
function createHost(typescript: TypeScript): ts.LanguageServiceHost {
  const library = dirname(typescript.getDefaultLibFilePath({}));
  const real = (path: string): string | undefined => {
    try {
      const found = realpathSync(path);
      return [root, library].some((folder) => found === folder || found.startsWith(folder + sep)) ? found : undefined;
    } catch {
      return undefined;
    }
  };
  const fileAt = (path: string): { readonly path: string; readonly version: string } | undefined => {
    const found = real(path);
    const stats = found === undefined ? undefined : statSync(found, { throwIfNoEntry: false });
    return found !== undefined && stats?.isFile() === true && stats.size <= maxFileBytes ? { path: found, version: `${stats.ino} ${stats.mtimeMs} ${stats.size}` } : undefined;
  };
  const readFile = (path: string): string | undefined => {
    const file = fileAt(path);
    return file === undefined ? undefined : readFileSync(file.path, 'utf8');
  };
  const directory = (path: string): string | undefined => {
    const found = real(path);
    return found !== undefined && statSync(found, { throwIfNoEntry: false })?.isDirectory() === true ? found : undefined;
  };
  const options = optionsOf(typescript, readFile);
  return {
    getCompilationSettings: () => options,
    getScriptFileNames: () => [...roots],
    getScriptVersion: (path) => (drafts.has(path) ? `draft ${draftCount}` : (fileAt(path)?.version ?? 'none')),
    getScriptSnapshot(path) {
      const text = drafts.get(path) ?? readFile(path);
      return text === undefined ? undefined : typescript.ScriptSnapshot.fromString(text);
    },
    getCurrentDirectory: () => root,
    getDefaultLibFileName: (settings) => typescript.getDefaultLibFilePath(settings),
    useCaseSensitiveFileNames: () => true,
    fileExists: (path) => drafts.has(path) || fileAt(path) !== undefined,
    readFile,
    directoryExists: (path) => directory(path) !== undefined,
    getDirectories(path) {
      const found = directory(path);
      return found === undefined ? [] : readdirSync(found, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
    },
    realpath: (path) => real(path) ?? path,
  };
}

/** What of the project's settings decides to which file an import leads and how strict its types are; the rest is ours. */
function optionsOf(typescript: TypeScript, readFile: (path: string) => string | undefined): ts.CompilerOptions {
  const file = join(root, 'tsconfig.json');
  const { config } = typescript.readConfigFile(file, readFile) as { readonly config?: unknown };
  const parsed = typescript.parseJsonConfigFileContent(config ?? {}, { useCaseSensitiveFileNames: true, fileExists: (path) => readFile(path) !== undefined, readFile, readDirectory: () => [] }, root, undefined, file).options;
  const { paths, baseUrl, pathsBasePath, customConditions, rootDirs, strict, strictNullChecks, noUncheckedIndexedAccess, exactOptionalPropertyTypes, lib, experimentalDecorators } = parsed;
  const kept = Object.fromEntries(Object.entries({ paths, baseUrl, pathsBasePath, customConditions, rootDirs, strict, strictNullChecks, noUncheckedIndexedAccess, exactOptionalPropertyTypes, lib, experimentalDecorators }).filter(([, value]) => value !== undefined)) as ts.CompilerOptions;
  return {
    ...kept,
    target: typescript.ScriptTarget.ESNext,
    module: typescript.ModuleKind.ESNext,
    moduleResolution: typescript.ModuleResolutionKind.Bundler,
    jsx: typescript.JsxEmit.Preserve,
    allowJs: true,
    noEmit: true,
    allowImportingTsExtensions: true,
    resolveJsonModule: true,
    skipLibCheck: true,
    types: [],
  };
}
