import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { AppError } from './app-error.ts';
import type { Environment } from './cli-context.ts';

/** The variables of a `.env` file. @throws AppError `FW_USAGE` when it cannot be read. */
export function readDotenv(file: string): Environment {
  try {
    return parseEnv(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new AppError('FW_USAGE', { message: `--dotenv ${file} cannot be read: ${(error as Error).message}.`, cause: error });
  }
}
