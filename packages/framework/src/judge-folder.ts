import { execFile } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { TaskWorkspace } from '@fw/agents-core';
import { runGate } from '@fw/testing';
import type { GateName, GateReport, Policy, Validator } from '@fw/testing';
import { createWorkspace } from '@fw/workspace';
import type { FrameworkOptions } from './create-framework.ts';
import type { JudgeOptions } from './framework.ts';
import { newRunId } from './run-id.ts';
import { withoutUndefined } from './without-undefined.ts';

/** The gate alone, on a copy of a folder as it is. */
export async function judgeFolder(options: FrameworkOptions, judging: JudgeOptions, policy: Policy, validators: readonly Validator[]): Promise<GateReport> {
  const workspace = await openFolder(options, judging);
  try {
    return await runGate({ workspace, policy, validators, ...(judging.only && { only: judging.only as readonly GateName[] }), ...(judging.sealed !== undefined && { sealed: judging.sealed }), ...(judging.signal && { signal: judging.signal }) });
  } finally {
    await workspace.close();
  }
}

/** A folder as it is, compared with a revision of it; closing removes all that was made for it. */
export async function openFolder(options: FrameworkOptions, { directory = '.', base }: Pick<Partial<JudgeOptions>, 'directory' | 'base'>): Promise<TaskWorkspace> {
  const folder = path.resolve(directory);
  const revision = base ?? (await defaultRevision(folder));
  const storage = path.join(options.home, 'judge', newRunId());
  await mkdir(path.dirname(storage), { recursive: true, mode: 0o711 });
  try {
    const workspace = await createWorkspace({
      directory: folder, storage, sandbox: options.sandbox ?? 'required', ...(revision !== undefined && { revision }), ...withoutUndefined(options.config.workspace ?? {}),
    });
    return {
      ...workspace,
      async close() {
        await workspace.close();
        await rm(storage, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await rm(storage, { recursive: true, force: true });
    throw error;
  }
}

/** HEAD where it knows the folder; elsewhere a folder is compared with itself. */
export async function defaultRevision(directory: string): Promise<string | undefined> {
  const environment = { PATH: process.env['PATH'], GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null', GIT_OPTIONAL_LOCKS: '0' };
  return promisify(execFile)('git', ['-C', directory, '-c', 'core.fsmonitor=false', 'rev-parse', '--verify', '--quiet', 'HEAD:./'], { env: environment }).then(() => 'HEAD', () => undefined);
}
