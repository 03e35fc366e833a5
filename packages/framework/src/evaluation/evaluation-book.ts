import { access, mkdir, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Json } from '@fw/agents-core';
import { FrameworkError } from '../framework-error.ts';
import { removeFolder } from '../remove-folder.ts';
import { newRunId } from '../run-id.ts';
import { takeLock } from '../take-lock.ts';

/** What an evaluation was begun with; it goes on with the same. */
export interface EvaluationRecord {
  readonly version: 1;
  readonly id: string;
  /** Absolute folder of the suite. */
  readonly suite: string;
  readonly mode: 'model' | 'gold' | 'empty';
  readonly arms: readonly string[];
  readonly runs: number;
  /** Digest by task. */
  readonly tasks: { readonly [task: string]: string };
  /** Whatever whoever began it needs to make the same frameworks again; no secret. */
  readonly invocation: Json;
}

/** What is kept of an evaluation on disk. */
export interface EvaluationBook {
  readonly record: EvaluationRecord;
  /** For what is made while it runs; removed by whoever makes it. */
  readonly scratch: string;
  folderOf(task: string): string;
  /** What was written under that name, if it was. */
  read<T>(name: string): Promise<T | undefined>;
  /** Whole, or not at all. */
  write(name: string, value: object): Promise<void>;
  /** The same, for all evaluations of this home. */
  readShared<T>(name: string): Promise<T | undefined>;
  writeShared(name: string, value: object): Promise<void>;
  /** Removes what can be made again. */
  clear(): Promise<void>;
  close(): Promise<void>;
  /** With all that was kept. */
  remove(): Promise<void>;
}

const rootOf = (home: string): string => path.join(home, 'evaluations');
const isId = (id: string): boolean => /^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$/.test(id);

export const newEvaluationId = (): string => newRunId();

/** @param id Or the beginning of it. @throws FrameworkError `FW_EVALUATION_UNKNOWN`, also when several begin so. */
export async function readEvaluation(home: string, id: string): Promise<EvaluationRecord> {
  const unknown = (why: string): FrameworkError => new FrameworkError('FW_EVALUATION_UNKNOWN', { message: why });
  const known = isId(id) ? (await evaluationsIn(home)).filter((name) => name.startsWith(id)) : [];
  const name = known.includes(id) ? id : known[0];
  if (name === undefined) throw unknown(`There is no evaluation "${id.slice(0, 100)}" in ${rootOf(home)}.`);
  if (name !== id && known.length > 1) throw unknown(`More than one evaluation begins with "${id}": ${known.slice(0, 5).join(', ')}.`);
  const text = await readFile(path.join(rootOf(home), name, 'evaluation.json'), 'utf8').catch(() => undefined);
  if (text === undefined) throw unknown(`There is no evaluation "${name}" in ${rootOf(home)}.`);
  return JSON.parse(text) as EvaluationRecord;
}

/** Removes evaluations that nobody has worked on for that long, and gives what it freed in bytes. */
export async function pruneEvaluations(home: string, olderThanMs: number): Promise<number> {
  let bytes = 0;
  for (const name of await evaluationsIn(home)) {
    const folder = path.join(rootOf(home), name);
    const touched = await Promise.all([folder, path.join(folder, 'kept')].map((place) => stat(place).then(({ mtimeMs }) => mtimeMs, () => 0)));
    const lock = path.join(folder, 'held');
    if (Date.now() - Math.max(...touched) < olderThanMs || !((await takeLock(lock)) || (await takeLock(lock)))) continue;
    bytes += await removeFolder(folder);
  }
  return bytes;
}

async function evaluationsIn(home: string): Promise<readonly string[]> {
  return (await readdir(rootOf(home)).catch(() => [])).filter(isId);
}

/**
 * Opens an evaluation for this process alone; begins it when it is not there.
 * @throws FrameworkError `FW_EVALUATION_HELD` while another process works on it.
 */
export async function openEvaluation(home: string, record: EvaluationRecord): Promise<EvaluationBook> {
  const folder = path.join(rootOf(home), record.id);
  const file = path.join(folder, 'evaluation.json');
  const lock = path.join(folder, 'held');
  // No evaluation has this name: ids begin with a letter or digit.
  const shared = path.join(rootOf(home), '.shared');
  // The sandbox's user has to get to what lies in it.
  for (const name of ['', 'kept', 'tasks', 'scratch']) await mkdir(path.join(folder, name), { recursive: true, mode: 0o711 });
  if (!(await takeLock(lock)) && !(await takeLock(lock))) {
    throw new FrameworkError('FW_EVALUATION_HELD', { message: `Another process works on evaluation "${record.id}". Wait until it has ended, or stop it.` });
  }
  if (!(await access(file).then(() => true, () => false))) await writeWhole(file, record);
  return {
    record,
    scratch: path.join(folder, 'scratch'),
    folderOf: (task) => path.join(folder, 'tasks', task),
    read: (name) => readKept(path.join(folder, 'kept', `${name}.json`)),
    write: (name, value) => writeWhole(path.join(folder, 'kept', `${name}.json`), value),
    readShared: (name) => readKept(path.join(shared, `${name}.json`)),
    async writeShared(name, value) {
      await mkdir(shared, { recursive: true, mode: 0o700 });
      await writeWhole(path.join(shared, `${name}.json`), value);
    },
    async clear() {
      for (const name of ['tasks', 'scratch']) await rm(path.join(folder, name), { recursive: true, force: true });
    },
    async close() {
      await rm(lock, { force: true });
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

async function readKept<T>(file: string): Promise<T | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : JSON.parse(text) as T;
}

async function writeWhole(file: string, value: object): Promise<void> {
  const part = `${file}.${process.pid}.new`;
  await writeFile(part, `${JSON.stringify(value)}\n`, { mode: 0o600 });
  await rename(part, file);
}
