import { rm } from 'node:fs/promises';
import type { TaskWorkspace } from '@fw/agents-core';
import { afterAll, beforeAll, describe } from 'vitest';
import { testCommands } from './test-commands.ts';
import { testCopy } from './test-copy.ts';
import { testFiles } from './test-files.ts';
import { testMerges } from './test-merges.ts';
import { testSnapshots } from './test-snapshots.ts';
import { testWrites } from './test-writes.ts';
import { treeOfContract } from './tree-of-contract.ts';

/**
 * The suite that every implementation of `TaskWorkspace` passes. `create` makes a workspace of the folder that it is
 * given; the suite closes it and removes the folder.
 */
export function testWorkspace(name: string, create: (directory: string) => Promise<TaskWorkspace>): void {
  describe(`workspace contract: ${name}`, { timeout: 30_000 }, () => {
    let directory = '';
    let workspace: TaskWorkspace | undefined;
    const subject = (): TaskWorkspace => workspace as TaskWorkspace;

    beforeAll(async () => {
      directory = await treeOfContract();
      workspace = await create(directory);
    });

    afterAll(async () => {
      await workspace?.close();
      await rm(directory, { recursive: true, force: true });
    });

    testCopy(subject, () => directory);
    testFiles(subject);
    testWrites(subject);
    testSnapshots(subject, () => directory);
    testMerges(subject);
    testCommands(subject);
  });
}
