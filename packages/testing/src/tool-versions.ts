import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TaskWorkspace } from '@fw/agents-core';

/** Versions of Node and of those packages that the workspace has installed. */
export async function toolVersions(workspace: TaskWorkspace, packages: readonly string[]): Promise<{ readonly [tool: string]: string }> {
  const versions: Record<string, string> = { node: process.versions.node };
  for (const name of packages) {
    try {
      const manifest = JSON.parse(await readFile(join(workspace.root, 'node_modules', name, 'package.json'), 'utf8')) as { readonly version?: unknown };
      if (typeof manifest.version === 'string') versions[name] = manifest.version;
    } catch {
      // Not installed.
    }
  }
  return versions;
}
