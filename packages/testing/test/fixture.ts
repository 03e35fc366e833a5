import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { TaskWorkspace } from '@fw/agents-core';
import type { TestReport } from '@fw/testing';
import { createWorkspace } from '@fw/workspace';
import { onTestFinished } from 'vitest';

const runners = resolve(import.meta.dirname, '../fixtures/runners');
const modulesOf = { modules: resolve(import.meta.dirname, '../../../node_modules'), runners: join(runners, 'node_modules') };

/** A small project in a folder of its own, opened as a workspace; `modules` links this repository's node_modules into it, `runners` those of the fixture. */
export async function openProject(files: { readonly [file: string]: string }, modules?: keyof typeof modulesOf): Promise<TaskWorkspace> {
  const parent = mkdtempSync(join(tmpdir(), 'fw-project-'));
  chmodSync(parent, 0o711);
  const directory = join(parent, 'project');
  mkdirSync(directory);
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, file)), { recursive: true });
    writeFileSync(join(directory, file), content);
  }
  if (modules !== undefined) symlinkSync(modulesOf[modules], join(directory, 'node_modules'));
  const workspace = await createWorkspace({ directory, storage: join(parent, 'storage') });
  onTestFinished(async () => {
    await workspace.close();
    rmSync(parent, { recursive: true, force: true });
  });
  return workspace;
}

export function packageJson(test: string, more: object = {}): string {
  return JSON.stringify({ name: 'project', type: 'module', scripts: { test, ...more } });
}

/** A run that hangs. On a busy machine its time may be over before as many have passed as can: then once more, with more of it. */
export async function runHanging(run: (timeoutMs: number) => Promise<TestReport>, passed = 1): Promise<TestReport> {
  for (let timeoutMs = 3_000; ; timeoutMs *= 4) {
    const report = await run(timeoutMs);
    if (report.passed >= passed || timeoutMs > 40_000) return report;
  }
}

/** Installs the runners of the fixture where that was not done before. */
export function installRunners(): void {
  if (existsSync(join(runners, 'node_modules', '.package-lock.json'))) return;
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--workspaces=false'], { cwd: runners, stdio: 'ignore', timeout: 300_000 });
}
