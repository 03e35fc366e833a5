import { withZod } from '@fw/agents-core/with-zod';
import { parseJson } from '../parse-json.ts';
import type { LockedPackage } from './locked-package.ts';

/** Names of lock files that can be read. */
export const lockFiles = ['package-lock.json', 'npm-shrinkwrap.json', 'pnpm-lock.yaml', 'yarn.lock'] as const;

/** The packages of a lock file of npm, pnpm or yarn; undefined when it is none. */
export function readLockFile(file: string, text: string): readonly LockedPackage[] | undefined {
  if (text.length > 50_000_000) return undefined;
  if (file.endsWith('.json')) return readNpm(text);
  return file.endsWith('.yaml') ? readPnpm(text) : readYarn(text);
}

const entrySchema = withZod((z) => z.looseObject({
  version: z.string().optional(), resolved: z.union([z.string(), z.boolean()]).optional(), integrity: z.string().optional(), hasInstallScript: z.boolean().optional(), link: z.boolean().optional(), name: z.string().optional(), inBundle: z.boolean().optional(), dependencies: z.unknown().optional(),
}));
const npmSchema = withZod((z) => z.looseObject({ packages: z.record(z.string(), entrySchema).optional(), dependencies: z.record(z.string(), z.unknown()).optional() }));

function readNpm(text: string): readonly LockedPackage[] | undefined {
  const parsed = npmSchema.safeParse(parseJson(text));
  if (!parsed.success) return undefined;
  const lines = linesOfKeys(text);
  const found: LockedPackage[] = [];
  for (const [path, entry] of Object.entries(parsed.data.packages ?? {})) {
    const at = path.lastIndexOf('node_modules/');
    if (at === -1 || entry.link === true || entry.inBundle === true) continue;
    found.push({ name: entry.name ?? path.slice(at + 'node_modules/'.length), version: entry.version ?? '', resolved: typeof entry.resolved === 'string' ? entry.resolved : '', integrity: entry.integrity ?? '', hasInstallScript: entry.hasInstallScript ?? false, line: lines.get(path) ?? 0 });
  }
  if (parsed.data.packages === undefined) readOldNpm(parsed.data.dependencies ?? {}, lines, found, 0);
  return found;
}

/** Version 1 nests packages in packages, and does not know of install scripts. */
function readOldNpm(dependencies: { readonly [name: string]: unknown }, lines: ReadonlyMap<string, number>, found: LockedPackage[], depth: number): void {
  for (const [name, given] of Object.entries(dependencies)) {
    const entry = entrySchema.safeParse(given).data;
    if (entry === undefined) continue;
    found.push({ name, version: entry.version ?? '', resolved: typeof entry.resolved === 'string' ? entry.resolved : '', integrity: entry.integrity ?? '', hasInstallScript: undefined, line: lines.get(name) ?? 0 });
    if (depth < 30 && typeof entry.dependencies === 'object' && entry.dependencies !== null) readOldNpm(entry.dependencies as { readonly [name: string]: unknown }, lines, found, depth + 1);
  }
}

function linesOfKeys(text: string): ReadonlyMap<string, number> {
  const lines = new Map<string, number>();
  text.split('\n').forEach((line, index) => {
    const key = /^\s{2,8}"([^"]+)": \{/.exec(line)?.[1];
    if (key !== undefined && !lines.has(key)) lines.set(key, index + 1);
  });
  return lines;
}

/** Blocks below `packages:`, which begin with `/name@1.0.0:` or `name@1.0.0:`. */
function readPnpm(text: string): readonly LockedPackage[] {
  const found: LockedPackage[] = [];
  let isInside = false;
  let now: { -readonly [Key in keyof LockedPackage]: LockedPackage[Key] } | undefined;
  text.split('\n').forEach((line, index) => {
    if (/^\S/.test(line)) isInside = line.startsWith('packages:');
    if (!isInside) return;
    const key = /^ {2}['"]?\/?([^'"\s].*?)['"]?:\s*$/.exec(line)?.[1];
    if (key !== undefined) {
      const parts = /^((?:@[^/@]+\/)?[^@/]+)[@/]([^()]+)/.exec(key);
      now = { name: parts?.[1] ?? key, version: parts?.[2] ?? '', resolved: '', integrity: '', hasInstallScript: false, line: index + 1 };
      found.push(now);
      return;
    }
    if (now === undefined) return;
    now.integrity = /integrity: ([^,}\s]+)/.exec(line)?.[1] ?? now.integrity;
    now.resolved = /(?:tarball|repo): ([^,}\s]+)/.exec(line)?.[1] ?? now.resolved;
    if (/^\s+requiresBuild: true/.test(line)) now.hasInstallScript = true;
  });
  return found;
}

/** Blocks that begin with what asks for a package: `"name@^1.0.0", name@1:`. Both formats of yarn. */
function readYarn(text: string): readonly LockedPackage[] {
  const found: LockedPackage[] = [];
  let now: { -readonly [Key in keyof LockedPackage]: LockedPackage[Key] } | undefined;
  text.split('\n').forEach((line, index) => {
    const head = /^["']?((?:@[^/@"'\s]+\/)?[^@"'\s#][^@"'\s]*)@.*:\s*$/.exec(line);
    if (head !== null) {
      now = { name: head[1] ?? '', version: '', resolved: '', integrity: '', hasInstallScript: undefined, line: index + 1 };
      if (!/@workspace:/.test(line)) found.push(now);
      return;
    }
    if (now === undefined) return;
    now.version = /^\s+version:? "?([^"\s]+)"?/.exec(line)?.[1] ?? now.version;
    now.resolved = /^\s+resolved "([^"#]+)/.exec(line)?.[1] ?? now.resolved;
    const resolution = /^\s+resolution: "(?:@[^/@]+\/)?[^@]+@([^"]+)"/.exec(line)?.[1];
    if (resolution !== undefined) now.resolved = resolution;
    now.integrity = /^\s+(?:integrity|checksum):? "?([^"\s]+)"?/.exec(line)?.[1] ?? now.integrity;
  });
  return found;
}
