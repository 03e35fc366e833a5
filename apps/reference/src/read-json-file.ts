import { readFile } from 'node:fs/promises';
import { AppError } from './app-error.ts';

/** @throws AppError `FW_USAGE` that names the file. */
export async function readJsonFile(what: string, file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new AppError('FW_USAGE', { message: `The ${what} ${file} cannot be read: ${(error as Error).message}.`, cause: error });
  });
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new AppError('FW_USAGE', { message: `The ${what} ${file} is not JSON: ${(error as Error).message}.`, cause: error });
  }
}
