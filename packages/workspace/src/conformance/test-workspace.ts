import { chmod, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TaskWorkspace } from '@fw/agents-core';
import { afterAll, beforeAll, describe } from 'vitest';
import { testCommands } from './test-commands.ts';
import { testFiles } from './test-files.ts';
import { testSnapshots } from './test-snapshots.ts';

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
      directory = await realpath(await mkdtemp(join(tmpdir(), 'workspace contract ü ')));
      await mkdir(join(directory, 'src'));
      await writeFile(join(directory, 'src', 'sum.js'), 'export const sum = (a, b) => a + b;\n');
      await writeFile(join(directory, 'größe – 大.txt'), 'one\ntwo\nthree\n');
      await writeFile(join(directory, 'image.bin'), Buffer.from([0, 255, 1, 254, 13, 10]));
      await writeFile(join(directory, 'dos.txt'), 'a\r\nb\r\n');
      await writeFile(join(directory, 'run.sh'), '#!/bin/sh\necho ran\n');
      await chmod(join(directory, 'run.sh'), 0o755);
      await writeFile(join(directory, '.gitignore'), 'dist/\n');
      await symlink('src/sum.js', join(directory, 'link.js'));
      workspace = await create(directory);
    });

    afterAll(async () => {
      await workspace?.close();
      await rm(directory, { recursive: true, force: true });
    });

    testFiles(subject);
    testSnapshots(subject, () => directory);
    testCommands(subject);
  });
}
