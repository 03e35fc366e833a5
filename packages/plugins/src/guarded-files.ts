import { constants } from 'node:fs';
import { open, readdir, realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { deny } from './denied.ts';
import { isInside } from './locate.ts';
import type { PluginPermissions } from './manifest.ts';

export interface GuardedFiles {
  read(root: string, path: string): Promise<string>;
  list(root: string, path: string): Promise<readonly string[]>;
  write(root: string, path: string, content: string): Promise<void>;
}

const maximumBytes = 4 * 1_048_576;
const mostNames = 10_000;

/** Files within the granted roots. Links are followed only to places inside of the same root. */
export function guardFiles(granted: PluginPermissions['fs'], roots: { readonly [access in 'read' | 'write']: { readonly [name: string]: string | null } }): GuardedFiles {
  const locate = async (how: 'read' | 'write', name: string, path: string): Promise<string> => {
    if (!(granted?.[how] ?? []).includes(name)) deny(`permissions.fs.${how} does not hold "${name}".`);
    const root = Object.hasOwn(roots[how], name) ? roots[how][name] : undefined;
    if (root === undefined || root === null) return deny(`"${name}" is not there for files.${how}.`);
    if (path.includes('\0') || isAbsolute(path)) deny(`"${path}" is not a path within "${name}".`);
    const realRoot = await realpath(root);
    const target = resolve(realRoot, path);
    if (target !== realRoot && !isInside(target, realRoot)) deny(`"${path}" leads out of "${name}".`);
    // Of a file that is to be made only the folder exists.
    const real = how === 'read' ? await realpath(target) : join(await realpath(dirname(target)), basename(target));
    if (real !== realRoot && !isInside(real, realRoot)) deny(`"${path}" leads out of "${name}".`);
    return real;
  };
  return {
    async read(name, path) {
      const file = await open(await locate('read', name, path), constants.O_RDONLY | noFollow | nonBlocking);
      try {
        const stats = await file.stat();
        if (!stats.isFile()) deny(`"${path}" is not a file.`);
        if (stats.size > maximumBytes) deny(`"${path}" has ${stats.size} bytes; at most ${maximumBytes} are read.`);
        return await file.readFile('utf8');
      } finally {
        await file.close();
      }
    },
    async list(name, path) {
      const entries = await readdir(await locate('read', name, path), { withFileTypes: true });
      if (entries.length > mostNames) deny(`"${path}" has ${entries.length} entries; at most ${mostNames} are listed.`);
      return entries.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name)).sort();
    },
    async write(name, path, content) {
      if (Buffer.byteLength(content) > maximumBytes) deny(`"${path}" would have more than ${maximumBytes} bytes.`);
      const target = await locate('write', name, path);
      if (basename(path) === '') deny(`"${path}" is not a file.`);
      // A link in its place is refused, not followed.
      const file = await open(target, constants.O_WRONLY | constants.O_CREAT | noFollow | nonBlocking, 0o644);
      try {
        if (!(await file.stat()).isFile()) deny(`"${path}" is not a file.`);
        await file.truncate();
        await file.writeFile(content);
      } finally {
        await file.close();
      }
    },
  };
}

/** Not there on Windows. */
const noFollow = (constants as { readonly O_NOFOLLOW?: number }).O_NOFOLLOW ?? 0;
/** A named pipe is not waited for. */
const nonBlocking = (constants as { readonly O_NONBLOCK?: number }).O_NONBLOCK ?? 0;
