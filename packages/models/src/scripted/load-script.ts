import { readFile } from 'node:fs/promises';
import { ModelError } from '../model-error.ts';
import { parseScript } from './script.ts';
import type { Script } from './script.ts';

/** Reads a script from a JSON file. @throws ModelError FW_MODEL_SCRIPT naming the file and the place of the mistake. */
export async function loadScript(file: string): Promise<Script> {
  return parseScript(parse(file, await read(file)), `The script ${file}`);
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new ModelError('FW_MODEL_SCRIPT', { message: `The script ${file} cannot be read: ${(error as Error).message}.`, cause: error });
  }
}

function parse(file: string, text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new ModelError('FW_MODEL_SCRIPT', { message: `The script ${file} is no JSON: ${(error as Error).message}.`, cause: error });
  }
}
