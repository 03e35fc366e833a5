import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { FrameworkError } from './framework-error.ts';

/** A config file as it lies on disk, before any of it was looked at. */
export interface ConfigFile {
  readonly file: string;
  readonly content: string;
  /** `.ts` and `.js` are code; the others are data. */
  readonly isCode: boolean;
}

const maxBytes = 1024 * 1024;
const importTimeoutMs = 10_000;

/** The one of these names that exists in the folder. @throws FrameworkError `FW_CONFIG_INVALID` when there are two. */
export async function findConfigFile(folder: string, names: readonly string[]): Promise<ConfigFile | undefined> {
  const found: string[] = [];
  for (const name of names) {
    const isFile = await stat(path.join(folder, name)).then((entry) => entry.isFile(), () => false);
    if (isFile) found.push(name);
  }
  if (found.length > 1) throw invalid(folder, `there are ${found.join(' and ')}; keep one of them`);
  return found[0] === undefined ? undefined : openConfigFile(path.join(folder, found[0]));
}

/** @throws FrameworkError `FW_CONFIG_NOT_FOUND`, or `FW_CONFIG_INVALID` for a file of another kind or over 1 MiB. */
export async function openConfigFile(file: string): Promise<ConfigFile> {
  const extension = path.extname(file);
  if (!['.ts', '.js', '.json', '.yaml'].includes(extension)) throw invalid(file, 'a config is a .ts, .js, .json or .yaml file');
  const entry = await stat(file).catch((error: unknown) => {
    throw new FrameworkError('FW_CONFIG_NOT_FOUND', { message: `There is no config file ${file}.`, cause: error });
  });
  if (!entry.isFile()) throw invalid(file, 'it is not a file');
  if (entry.size > maxBytes) throw invalid(file, `it has ${String(entry.size)} bytes; at most ${String(maxBytes)} are read`);
  const content = await readFile(file, 'utf8').catch((error: unknown) => {
    throw invalid(file, `it cannot be read: ${messageOf(error)}`, error);
  });
  return { file, content: content.replace(/^\uFEFF/, ''), isCode: extension === '.ts' || extension === '.js' };
}

/** The value in the file. Code is run: the caller has asked for trust before. */
export async function readConfigFile({ file, content, isCode }: ConfigFile): Promise<unknown> {
  try {
    if (isCode) return await importDefault(file);
    return file.endsWith('.json') ? JSON.parse(content) : await parseYaml(content);
  } catch (error) {
    throw invalid(file, messageOf(error), error);
  }
}

/** Package.json's `fw`, unless it is a plugin's manifest. A package.json that cannot be read is not our concern here. */
export async function readPackageConfig(folder: string): Promise<unknown> {
  try {
    const { content } = await openConfigFile(path.join(folder, 'package.json'));
    const manifest = JSON.parse(content) as { readonly fw?: unknown } | null;
    const config = manifest?.fw;
    return typeof config === 'object' && config !== null && 'manifest' in config ? undefined : config;
  } catch {
    return undefined;
  }
}

async function parseYaml(content: string): Promise<unknown> {
  const { parseDocument } = await import('yaml');
  const document = parseDocument(content, { schema: 'core', version: '1.2' });
  const problem = document.errors[0] ?? document.warnings[0];
  if (problem !== undefined) throw problem;
  return document.toJS({ maxAliasCount: 100 });
}

async function importDefault(file: string): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => { reject(new Error('it did not finish loading in 10 s')); }, importTimeoutMs);
  });
  try {
    const loaded = await Promise.race([import(pathToFileURL(file).href) as Promise<{ readonly default?: unknown }>, late]);
    if (loaded.default === undefined) throw new Error('it has no default export');
    return loaded.default;
  } finally {
    clearTimeout(timer);
  }
}

function invalid(place: string, problem: string, cause?: unknown): FrameworkError {
  return new FrameworkError('FW_CONFIG_INVALID', { message: `${place}: ${problem}.`, cause });
}

function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return (message.split('\n')[0] ?? '').replace(/[.:]$/, '');
}
