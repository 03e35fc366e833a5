import { execFile } from 'node:child_process';
import { access, cp, mkdir, realpath, rename, rm, symlink } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { SuiteTask } from './read-suite.ts';
import { invalid, listSuiteFiles } from './suite-files.ts';

/** A task's files on this machine, apart from its suite: no agent finds a way from one to the other. */
export interface TaskFolders {
  /** What agents begin with. */
  readonly repository: string;
  /** The same with the hidden tests over it. */
  readonly judged: string;
}

const run = promisify(execFile);

/** Copies a task's repository, once plain and once with its hidden tests. Done again it gives what is there. */
export async function layOutTask(task: SuiteTask, folder: string, signal?: AbortSignal): Promise<TaskFolders> {
  const folders = { repository: path.join(folder, 'repository'), judged: path.join(folder, 'judged') };
  if (await access(folder).then(() => true, () => false)) return folders;
  const building = `${folder}.new`;
  await rm(building, { recursive: true, force: true });
  await mkdir(building, { recursive: true });
  const repository = path.join(building, 'repository');
  const judged = path.join(building, 'judged');
  if (task.repository === undefined) await copyTree(path.join(task.folder, 'repository'), repository);
  else await checkOut(task, task.repository, repository, path.join(building, 'clone'), signal);
  await copyTree(repository, judged);
  for (const file of task.hidden) {
    const place = path.join(judged, file);
    await requireInside(judged, path.dirname(place));
    await rm(place, { recursive: true, force: true });
    await cp(path.join(task.folder, 'hidden', file), place);
  }
  await rename(building, folder);
  return folders;
}

/** Installed packages are linked: they are many, and are only read. */
async function copyTree(from: string, to: string): Promise<void> {
  const left = new Set(['node_modules', '.git'].map((name) => path.join(from, name)));
  await cp(from, to, { recursive: true, verbatimSymlinks: true, filter: (source) => !left.has(source) });
  const modules = await realpath(path.join(from, 'node_modules')).catch(() => undefined);
  if (modules !== undefined) await symlink(modules, path.join(to, 'node_modules'), 'junction');
}

async function checkOut(task: SuiteTask, { git, revision }: NonNullable<SuiteTask['repository']>, to: string, clone: string, signal?: AbortSignal): Promise<void> {
  const from = /^\.\.?([\\/]|$)/.test(git) ? path.resolve(task.folder, git) : git;
  const options = {
    timeout: 600_000, ...(signal && { signal }),
    env: { ...process.env, GIT_TERMINAL_PROMPT: '0', GIT_ALLOW_PROTOCOL: 'file:https:ssh', GIT_LFS_SKIP_SMUDGE: '1', GIT_DIR: undefined, GIT_WORK_TREE: undefined, GIT_INDEX_FILE: undefined },
  };
  await mkdir(to);
  try {
    await run('git', ['-c', 'core.hooksPath=/dev/null', 'clone', '--quiet', '--no-checkout', '--', from, clone], options);
    await run('git', ['-C', clone, '-c', 'core.hooksPath=/dev/null', `--work-tree=${to}`, 'checkout', '--quiet', '--force', revision, '--', '.'], options);
  } catch (error) {
    throw invalid(path.join(task.folder, 'task.json'), `revision "${revision}" of the repository "${git}" cannot be had: ${((error as { readonly stderr?: string }).stderr ?? (error as Error).message).trim().slice(0, 500)}`, error);
  } finally {
    await rm(clone, { recursive: true, force: true });
  }
  await listSuiteFiles(to, { maxFiles: 100_000, maxBytes: 2 * 1024 ** 3, links: true });
}

/** A link in the repository must not lead a hidden test to another place. */
async function requireInside(root: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const relative = path.relative(await realpath(root), await realpath(folder));
  if (relative === '..' || relative.startsWith(`..${path.sep}`) || path.isAbsolute(relative)) throw invalid(folder, 'a link in the repository leads hidden tests out of it');
}
