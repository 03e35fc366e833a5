import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Framework } from '@fw/framework';
import { AppError } from '../app-error.ts';
import { deliverToFolder, fingerprintTree } from '../apply-patch.ts';
import { checkBranch, deliverOnBranch } from '../branch-of-change.ts';
import { checkWorkspace } from '../check-workspace.ts';
import type { CliContext } from '../cli-context.ts';
import { followRun } from '../follow-run.ts';
import { homeFolder } from '../home-folder.ts';
import { listenForInterruption } from '../interruption.ts';
import { readInvocation, removeInvocation, saveInvocation } from '../invocation.ts';
import { readLockFile } from '../lock-file.ts';
import { newRunId } from '../new-run-id.ts';
import { openForRun } from '../open-framework.ts';
import { plainLine } from '../plain-text.ts';

export interface RunOptions {
  readonly file?: string;
  readonly workspace: string;
  readonly model?: string;
  readonly apply?: boolean;
  readonly branch?: string;
  readonly unsandboxed?: boolean;
  readonly id?: string;
}

const maxTaskBytes = 1024 * 1024;

/** `fw run`: a task goes in, a patch or an honest refusal comes out. */
export async function run(context: CliContext, words: string | undefined, options: RunOptions): Promise<number> {
  const goal = await readGoal(context, words, options.file);
  const id = options.id ?? newRunId();
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(id)) throw new AppError('FW_USAGE', { message: `--id "${id}" is not possible: letters, digits, ".", "_" and "-", at most 100.` });
  const workspace = await checkWorkspace(context.directory, options.workspace);
  const source = { workspace, ...(context.config === undefined ? {} : { file: context.config }), ...(options.model === undefined ? {} : { model: options.model }) };
  const home = homeFolder(context.environment);
  const branch = options.branch === undefined ? undefined : await checkBranch(workspace, options.branch);
  let apply: string | undefined;

  return followRun(context, {
    interruption: listenForInterruption(),
    open: () => openForRun(context, { ...source, sandbox: options.unsandboxed === true ? 'off' : 'required' }),
    async start(framework) {
      await noteDrift(context, framework, workspace);
      if (options.apply === true) apply = await fingerprintTree(workspace);
      const { file: config, ...rest } = source;
      await saveInvocation(home, id, { ...rest, ...(config === undefined ? {} : { config }), unsandboxed: options.unsandboxed === true, ...(branch === undefined ? {} : { branch }), ...(apply === undefined ? {} : { apply }) });
      // The same id again is the same run: what it began on counts.
      if (apply !== undefined) apply = (await readInvocation(home, id))?.apply ?? apply;
      try {
        return await framework.start(goal, { workspace, id });
      } catch (error) {
        if (!(await framework.listRuns({ id, limit: Infinity })).runs.some((known) => known.id === id)) await removeInvocation(home, id);
        throw error;
      }
    },
    async finish(ending) {
      const delivered = branch === undefined ? ending : await deliverOnBranch(context, branch, ending, goal);
      return apply === undefined ? delivered : deliverToFolder(context, { folder: workspace, fingerprint: apply }, delivered);
    },
  });
}

/** Says what the models of the workspace's lock are not any more, before anything is paid. @throws AppError `FW_LOCK_INVALID`. */
async function noteDrift({ terminal }: CliContext, { models }: Framework, workspace: string): Promise<void> {
  const file = path.join(workspace, 'fw.lock.json');
  const { models: lock } = await readLockFile(file);
  if (lock === undefined) return;
  for (const { message } of await models.verifyLock(lock)) terminal.note(`fw: ${plainLine(message)} (${file})\n`);
}

async function readGoal({ directory }: CliContext, words: string | undefined, file: string | undefined): Promise<string> {
  if ((words === undefined) === (file === undefined)) throw new AppError('FW_USAGE', { message: 'Say what to do: fw run "<task>", or fw run --file <spec>.' });
  const goal = words ?? await readTaskFile(path.resolve(directory, file ?? ''));
  if (goal.trim() === '') throw new AppError('FW_USAGE', { message: `The task${file === undefined ? '' : ` in ${file}`} is empty.` });
  return goal;
}

async function readTaskFile(file: string): Promise<string> {
  try {
    const entry = await stat(file);
    if (!entry.isFile()) throw new Error('it is not a file');
    if (entry.size > maxTaskBytes) throw new Error(`it has ${String(entry.size)} bytes; at most ${String(maxTaskBytes)} are read`);
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new AppError('FW_USAGE', { message: `The task cannot be read from ${file}: ${(error as Error).message}.`, cause: error });
  }
}
