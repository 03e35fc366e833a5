import path from 'node:path';
import { AppError } from '../app-error.ts';
import type { CliContext } from '../cli-context.ts';
import { describeModels, readModels } from '../configured-models.ts';
import { exitCodes } from '../exit-code.ts';
import { formatCount } from '../format.ts';
import { jsonLine } from '../json-line.ts';
import { readLockFile, writeLockSection } from '../lock-file.ts';
import { plainLine } from '../plain-text.ts';

export interface ModelsLockOptions {
  readonly check?: boolean;
}

/** `fw models lock`: pins what the names stand for in `fw.lock.json`; with `--check` says what is not so any more, and exits 1. Nothing is called. */
export async function modelsLock(context: CliContext, { check = false }: ModelsLockOptions): Promise<number> {
  const file = path.join(context.directory, 'fw.lock.json');
  const configured = await readModels(context);
  const registry = await describeModels(context, configured);
  const lock = await registry.lock();
  const count = Object.keys(lock.models).length;
  if (count === 0) throw new AppError('FW_USAGE', { message: 'No model has a name here, so there is nothing to lock. Name one under "models" in a fw.config.json.' });
  const locked = check ? (await readLockFile(file))['models'] : lock;
  const drifts = locked === undefined ? [] : await registry.verifyLock(locked);
  const status = check ? (locked === undefined ? 'missing' : drifts.length > 0 ? 'drifted' : 'same') : (await writeLockSection(file, 'models', lock)) ? 'written' : 'same';
  if (context.output === 'text') {
    for (const { message } of drifts) context.terminal.print(`${plainLine(message)}\n`);
    context.terminal.print(sentences[status](formatCount(count, 'model'), file));
  } else context.terminal.print(jsonLine({ file, status, models: lock.models, drifts }));
  return status === 'missing' || status === 'drifted' ? exitCodes.failed : exitCodes.success;
}

const sentences: { readonly [status in 'missing' | 'drifted' | 'same' | 'written']: (models: string, file: string) => string } = {
  missing: (_, file) => `${file} locks no models. Write it with: fw models lock\n`,
  drifted: (_, file) => `${file} does not hold any more. If that is meant, write it again with: fw models lock\n`,
  same: (models, file) => `${models}, as ${file} says.\n`,
  written: (models, file) => `${models} locked in ${file}.\n`,
};
