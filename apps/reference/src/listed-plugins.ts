import { realpath, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createTrust, findProjectConfig } from '@fw/framework';
import { AppError } from './app-error.ts';
import type { CliContext } from './cli-context.ts';
import { homeFolder, makeHome } from './home-folder.ts';
import { readConfig } from './open-framework.ts';

/** What came of a change of the list; `by-hand`: the file is code, YAML or a package.json, and left to its author. */
export interface ListChange {
  readonly file: string;
  readonly status: 'listed' | 'there-already' | 'by-hand';
  /** The config can be used as it is now. */
  readonly isTrusted: boolean;
}

/**
 * Adds a plugin to `plugins` of the project's config. A JSON file is changed, or made. A config that could be used before
 * can be used afterwards; one that was not trusted is not trusted by that.
 */
export async function listPlugin(context: CliContext, name: string): Promise<ListChange> {
  const found = await findProjectConfig(context.directory);
  const file = found?.file ?? path.join(context.directory, 'fw.config.json');
  const wasUsable = found === undefined || (await isUsable(context));
  if (found !== undefined && (!file.endsWith('.json') || path.basename(file) === 'package.json')) return { file, status: 'by-hand', isTrusted: wasUsable };
  const config = found === undefined ? {} : parse(file, found.content);
  const plugins = Array.isArray(config.plugins) ? (config.plugins as readonly unknown[]) : [];
  if (plugins.some((entry) => entry === name || (entry as { readonly use?: unknown } | null)?.use === name)) return { file, status: 'there-already', isTrusted: wasUsable };
  const text = `${JSON.stringify({ ...config, plugins: [...plugins, name] }, undefined, 2)}\n`;
  await replaceFile(file, text);
  if (wasUsable) {
    const home = homeFolder(context.environment);
    await makeHome(home);
    await createTrust(home).grant(file, text);
  }
  return { file, status: 'listed', isTrusted: wasUsable };
}

/** Whole or not at all, and where a link points to. */
async function replaceFile(file: string, text: string): Promise<void> {
  const place = await realpath(file).catch(() => file);
  const next = `${place}.${String(process.pid)}.new`;
  try {
    await writeFile(next, text, { flag: 'wx' });
    await rename(next, place);
  } catch (error) {
    throw new AppError('FW_USAGE', { message: `${file} cannot be written: ${(error as Error).message}.`, cause: error });
  } finally {
    await rm(next, { force: true });
  }
}

/** Whether it was trusted, or needs no trust. */
async function isUsable(context: CliContext): Promise<boolean> {
  return readConfig({ ...context, trust: false }, { workspace: context.directory }).then(() => true, () => false);
}

function parse(file: string, content: string): { readonly plugins?: unknown } {
  try {
    const value = JSON.parse(content) as unknown;
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Said below.
  }
  throw new AppError('FW_USAGE', { message: `${file} is no JSON object, so no plugin can be listed in it. Correct it first.` });
}
