import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * The file that `import` of a package name gives in a module of that folder; undefined when no such package is there.
 * Node's own resolver for another parent is experimental, and `require.resolve` does not see packages that only have
 * an `import` condition.
 * @throws Error when the package does not export that path.
 */
export function resolvePackage(specifier: string, folder: string): URL | undefined {
  const match = /^((?:@[^/@\\]+\/)?[^/@\\.][^/@\\]*)(\/.+)?$/.exec(specifier);
  if (match === null) return undefined;
  const root = findRoot(match[1] ?? specifier, folder);
  if (root === undefined) return undefined;
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly exports?: unknown; readonly main?: unknown };
  const path = match[2];
  const target = manifest.exports === undefined
    ? (path ?? (typeof manifest.main === 'string' ? `./${manifest.main}` : './index.js'))
    : pickTarget(entryOf(manifest.exports, path === undefined ? '.' : `.${path}`));
  if (target === undefined) throw new Error(`the package in ${root} does not export "${path === undefined ? '.' : `.${path}`}"`);
  return pathToFileURL(join(root, target));
}

function findRoot(name: string, folder: string): string | undefined {
  const root = join(folder, 'node_modules', name);
  if (existsSync(join(root, 'package.json'))) return root;
  const parent = dirname(folder);
  return parent === folder ? undefined : findRoot(name, parent);
}

/** `exports` may be the target of "." itself. */
function entryOf(exported: unknown, path: string): unknown {
  const hasPaths = exported !== null && typeof exported === 'object' && Object.keys(exported).some((key) => key.startsWith('.'));
  if (!hasPaths) return path === '.' ? exported : undefined;
  return Object.hasOwn(exported, path) ? (exported as { readonly [path: string]: unknown })[path] : undefined;
}

/** The first target whose conditions hold, in the package's order, as Node chooses it. */
function pickTarget(entry: unknown): string | undefined {
  if (typeof entry === 'string') return entry;
  if (entry === null || typeof entry !== 'object') return undefined;
  if (Array.isArray(entry)) return entry.map(pickTarget).find((target) => target !== undefined);
  for (const [condition, target] of Object.entries(entry)) {
    if (!conditions().has(condition)) continue;
    const found = pickTarget(target);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Those of this process: the default ones and what `--conditions` adds. */
function conditions(): ReadonlySet<string> {
  const flags = [...process.execArgv, ...(process.env['NODE_OPTIONS'] ?? '').split(/\s+/)];
  const added = flags.flatMap((flag, index) => /^(?:-C|--conditions)$/.test(flag) ? (flags[index + 1] ?? []) : (/^(?:-C|--conditions)=(.+)$/.exec(flag)?.[1] ?? []));
  return new Set(['node', 'import', 'module-sync', 'default', ...added]);
}
