import type { TaskWorkspace } from '@fw/agents-core';
import type { z } from 'zod';
import { withZod } from '@fw/agents-core/with-zod';
import { matchesGlob } from './glob.ts';

const manifestSchema = withZod((z) => z.object({
  workspaces: z.union([z.array(z.string()), z.object({ packages: z.array(z.string()) }).transform((value) => value.packages)]).optional(),
  scripts: z.record(z.string(), z.string()).default({}),
}));

/** Folders of a monorepo's packages that have tests, as npm, yarn or pnpm know them. */
export async function workspaceMembers(workspace: TaskWorkspace): Promise<readonly string[]> {
  const root = await readManifest(workspace, 'package.json');
  const pnpm = await workspace.read('pnpm-workspace.yaml').catch(() => '');
  const patterns = root?.workspaces ?? [...pnpm.matchAll(/^\s*-\s*["']?([^"'\n#]+?)["']?\s*$/gm)].map((match) => match[1] ?? '');
  const files = await workspace.files(await workspace.snapshot());
  const members: string[] = [];
  for (const file of files.filter((one) => one.endsWith('/package.json'))) {
    const folder = file.slice(0, -'/package.json'.length);
    const wanted = patterns.some((pattern) => !pattern.startsWith('!') && matchesGlob(folder, pattern)) && !patterns.some((pattern) => pattern.startsWith('!') && matchesGlob(folder, pattern.slice(1)));
    if (wanted && (await readManifest(workspace, file))?.scripts['test'] !== undefined) members.push(folder);
  }
  return members.sort();
}

async function readManifest(workspace: TaskWorkspace, file: string): Promise<z.infer<typeof manifestSchema> | undefined> {
  try {
    return manifestSchema.safeParse(JSON.parse(await workspace.read(file))).data;
  } catch {
    return undefined;
  }
}
