import { readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { withZod } from './with-zod.ts';
import { findPackage, isPackageName } from './locate.ts';

/** The folders of a package and of everything it depends on, as Node would find them, and the links that lead to them. */
export interface PackageClosure {
  /** Real paths. */
  readonly folders: readonly string[];
  readonly links: readonly { readonly path: string; readonly target: string }[];
}

const most = 2_000;
const names = withZod((z) => z.record(z.string(), z.unknown()).catch({}));
const manifest = withZod((z) => z.object({
  dependencies: names, peerDependencies: names, optionalDependencies: names,
  peerDependenciesMeta: z.record(z.string(), z.object({ optional: z.boolean().optional() })).catch({}),
}));

/** Reads package.json files; runs nothing. What is not installed is left out: Node will say so. */
export async function findClosure(roots: readonly string[]): Promise<PackageClosure> {
  const folders = new Set<string>();
  const links = new Map<string, string>();
  const starts = await Promise.all(roots.map((root) => realpath(root)));
  const open = [...starts];
  for (let folder = open.pop(); folder !== undefined && folders.size < most; folder = open.pop()) {
    if (folders.has(folder)) continue;
    folders.add(folder);
    for (const name of await dependenciesOf(folder, starts.includes(folder))) {
      const found = await findPackage(name, folder);
      const target = found === undefined ? undefined : await realpath(found).catch(() => undefined);
      if (found === undefined || target === undefined) continue;
      if (found !== target) links.set(found, target);
      open.push(target);
    }
  }
  return { folders: [...folders], links: [...links].map(([path, target]) => ({ path, target })) };
}

/** With the peers that it can do without only for the packages that were asked for: those of others, such as a test runner, are many. */
async function dependenciesOf(folder: string, withOptionalPeers: boolean): Promise<readonly string[]> {
  try {
    const { dependencies, peerDependencies, optionalDependencies, peerDependenciesMeta } = manifest.parse(JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')));
    const peers = Object.keys(peerDependencies).filter((name) => withOptionalPeers || peerDependenciesMeta[name]?.optional !== true);
    return [...Object.keys({ ...dependencies, ...optionalDependencies }), ...peers].filter(isPackageName);
  } catch {
    return [];
  }
}
