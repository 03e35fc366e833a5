import { realpath } from 'node:fs/promises';
import type { TaskWorkspace } from '@fw/agents-core';
import { openStorage } from './open-storage.ts';
import { chooseContainment, type SandboxChoice } from './sandbox.ts';
import { storageLayout } from './storage-layout.ts';
import { readRecord } from './storage-record.ts';
import { WorkspaceError } from './workspace-error.ts';

export interface OpenWorkspaceOptions {
  readonly storage: string;
  /** The git program; default `git`. */
  readonly git?: string;
  /** Default `preferred`. */
  readonly sandbox?: SandboxChoice;
}

/**
 * Opens what `createWorkspace` made, also after its process was killed: same base, same snapshots. The files are as
 * they were left, possibly half-way through a step; `restore` puts them right. Throws FW_WORKSPACE_MISSING when
 * there is no finished workspace, FW_WORKSPACE_CORRUPT when its base cannot be read. One process writes at a time.
 */
export async function openWorkspace(options: OpenWorkspaceOptions): Promise<TaskWorkspace> {
  const storage = await realpath(options.storage).catch(() => options.storage);
  const layout = storageLayout(storage);
  const record = await readRecord(layout.record);
  if (record === undefined) {
    throw new WorkspaceError('FW_WORKSPACE_MISSING', {
      message: `There is no finished workspace in "${options.storage}". Make it with createWorkspace.`,
    });
  }
  return openStorage(layout, record, { git: options.git ?? 'git', containment: await chooseContainment(options.sandbox ?? 'preferred') });
}
