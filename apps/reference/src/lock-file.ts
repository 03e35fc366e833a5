import { randomUUID } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { AppError } from './app-error.ts';

/** `fw.lock.json`: sections by name, each the affair of the one who writes it. */
export type LockSections = { readonly [section: string]: unknown };

/** The sections, none when there is no file. @throws AppError `FW_LOCK_INVALID` for a file that is something else. */
export async function readLockFile(file: string): Promise<LockSections> {
  return parse(file, await readText(file));
}

/**
 * Puts one section in, whole or not at all, and leaves the others as they are, also those that somebody else wrote
 * meanwhile. False when it was there already.
 * @throws AppError `FW_LOCK_INVALID`.
 */
export async function writeLockSection(file: string, name: string, section: unknown): Promise<boolean> {
  for (let turn = 0; turn < 10; turn += 1) {
    const before = await readText(file);
    const sections = parse(file, before);
    if (JSON.stringify(sections[name]) === JSON.stringify(section)) return false;
    const next = `${file}.${randomUUID()}`;
    try {
      await writeFile(next, `${JSON.stringify({ ...sections, [name]: section }, undefined, 2)}\n`, { flag: 'wx' });
      if ((await readText(file)) !== before) continue;
      await rename(next, file);
      return true;
    } catch (error) {
      throw new AppError('FW_LOCK_INVALID', { message: `${file} cannot be written: ${(error as Error).message}.`, cause: error });
    } finally {
      await rm(next, { force: true });
    }
  }
  throw new AppError('FW_LOCK_INVALID', { message: `${file} is changed all the time by somebody else. Try again when that is over.` });
}

async function readText(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new AppError('FW_LOCK_INVALID', { message: `${file} cannot be read: ${(error as Error).message}.`, cause: error });
  }
}

function parse(file: string, text: string | undefined): LockSections {
  if (text === undefined) return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new AppError('FW_LOCK_INVALID', { message: `${file} is no JSON (${(error as Error).message}). Take it from version control, or remove it.`, cause: error });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new AppError('FW_LOCK_INVALID', { message: `${file} holds no object with sections. Take it from version control, or remove it.` });
  return value as LockSections;
}
