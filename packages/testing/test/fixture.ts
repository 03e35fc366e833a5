import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { TaskWorkspace } from '@fw/agents-core';
import { onTestFinished } from 'vitest';
import { localWorkspace } from './local-workspace.ts';

const nodeModules = resolve(import.meta.dirname, '../../../node_modules');

/** A small project in a folder of its own, with this repository's node_modules, opened as a workspace. */
export async function openProject(files: { readonly [file: string]: string }): Promise<TaskWorkspace> {
  const directory = mkdtempSync(join(tmpdir(), 'fw-project-'));
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, file)), { recursive: true });
    writeFileSync(join(directory, file), content);
  }
  symlinkSync(nodeModules, join(directory, 'node_modules'));
  const workspace = localWorkspace(directory);
  onTestFinished(async () => {
    await workspace.close();
    rmSync(directory, { recursive: true, force: true });
  });
  return workspace;
}

export function packageJson(test: string, more: object = {}): string {
  return JSON.stringify({ name: 'project', type: 'module', scripts: { test, ...more } });
}
