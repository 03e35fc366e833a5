import { createHash } from 'node:crypto';
import { lstat, readdir, realpath } from 'node:fs/promises';
import path from 'node:path';
import { parseTask } from '@fw/agents-core';
import { invalid, listSuiteFiles, readSuiteFile, readSuiteJson } from './suite-files.ts';
import type { FileLimits } from './suite-files.ts';
import { parseSuiteFile, parseTaskFile } from './suite-schema.ts';
import type { SuiteDefaults, TaskFile } from './suite-schema.ts';

export type { SuiteDefaults, TaskFile };

/** A folder of tasks, as it was found. */
export interface Suite {
  /** Absolute. */
  readonly folder: string;
  readonly name: string;
  readonly version: string;
  readonly defaults: SuiteDefaults;
  /** By name. */
  readonly tasks: readonly SuiteTask[];
}

export interface SuiteTask extends TaskFile {
  readonly id: string;
  /** Absolute. */
  readonly folder: string;
  /** The tests that decide, relative to `hidden`, with `/`. */
  readonly hidden: readonly string[];
  /** A patch in git's format that solves it. */
  readonly gold: string;
  /** Hex SHA-256 of everything in its folder. */
  readonly digest: string;
}

const repositoryLimits: FileLimits = { maxFiles: 100_000, maxBytes: 2 * 1024 ** 3, links: true };
const hiddenLimits: FileLimits = { maxFiles: 2_000, maxBytes: 64 * 1024 ** 2 };
const maxPatchBytes = 16 * 1024 ** 2;
const maxTasks = 1_000;

/**
 * Reads a suite: `suite.json`, and of each folder in `tasks` its `task.json`, `repository`, `hidden` and `gold.patch`.
 * Nothing is run.
 * @throws FrameworkError `FW_SUITE_INVALID` naming the file and what is wrong with it.
 */
export async function readSuite(directory: string): Promise<Suite> {
  const folder = await realpath(path.resolve(directory)).catch((error: unknown) => { throw invalid(path.resolve(directory), 'there is no such folder', error); });
  const { name, version, defaults = {} } = parseSuiteFile(await readSuiteJson(path.join(folder, 'suite.json')), path.join(folder, 'suite.json'));
  const entries = await readdir(path.join(folder, 'tasks'), { withFileTypes: true }).catch((error: unknown) => { throw invalid(path.join(folder, 'tasks'), 'it is not a folder that can be read', error); });
  const ids = entries.filter((entry) => !entry.name.startsWith('.')).map((entry) => {
    const place = path.join(folder, 'tasks', entry.name);
    if (!entry.isDirectory()) throw invalid(place, 'each entry of "tasks" is the folder of a task');
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(entry.name)) throw invalid(place, 'a task is named with letters, digits, ".", "_" and "-", at most 64, and a letter or digit first');
    return entry.name;
  });
  if (ids.length === 0) throw invalid(path.join(folder, 'tasks'), 'it has no task');
  if (ids.length > maxTasks) throw invalid(path.join(folder, 'tasks'), `it has ${ids.length} tasks; at most ${maxTasks} are read`);
  const tasks: SuiteTask[] = [];
  for (const id of ids.sort()) tasks.push(await readTask(path.join(folder, 'tasks', id), id));
  return { folder, name, version, defaults, tasks };
}

/** What a run would refuse is said before there is one. */
function requireTask({ goal, acceptance, constraints }: TaskFile, id: string, file: string): void {
  try {
    parseTask({ specVersion: 1, id, goal, acceptance, constraints });
  } catch (error) {
    throw invalid(file, (error as Error).message.replace(/\.$/, ''));
  }
}

async function readTask(folder: string, id: string): Promise<SuiteTask> {
  const file = path.join(folder, 'task.json');
  const task = parseTaskFile(await readSuiteJson(file), file);
  requireTask(task, id, file);
  const hidden = await requireFolder(path.join(folder, 'hidden'), 'the hidden tests', hiddenLimits);
  if (hidden.files.length === 0) throw invalid(path.join(folder, 'hidden'), 'it has no test');
  const isGit = task.repository !== undefined;
  if (isGit === await lstat(path.join(folder, 'repository')).then(() => true, () => false)) {
    throw invalid(folder, isGit ? 'it has a folder "repository" and names a git repository as well; keep one of them' : 'it has no folder "repository", and task.json names no git repository');
  }
  const repository = isGit ? undefined : await requireFolder(path.join(folder, 'repository'), 'the repository', repositoryLimits);
  const gold = await readSuiteFile(path.join(folder, 'gold.patch'), maxPatchBytes);
  const digest = createHash('sha256').update(JSON.stringify([task, hidden.digest, repository?.digest ?? null, gold])).digest('hex');
  return { ...task, id, folder, hidden: hidden.files, gold, digest };
}

async function requireFolder(folder: string, what: string, limits: FileLimits): ReturnType<typeof listSuiteFiles> {
  const entry = await lstat(folder).catch((error: unknown) => { throw invalid(folder, `there is no such folder; it holds ${what}`, error); });
  if (!entry.isDirectory()) throw invalid(folder, entry.isSymbolicLink() ? 'it is a symbolic link; none is followed here' : 'it is not a folder');
  return listSuiteFiles(folder, limits);
}
