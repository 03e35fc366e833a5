import { createRequire } from 'node:module';
import { join } from 'node:path';
import { readFileSync } from 'node:fs';

/** A package that may be installed beside this one. It is never looked for in the workspace, whose code would then decide about itself. */
export interface OptionalPeer {
  readonly name: string;
  /** Its folder. */
  readonly folder: string;
  readonly version: string;
  /** Absolute path of the program that it brings; undefined for a library. */
  readonly program: string | undefined;
}

/** How it is installed where it is missing, in one line. */
export function installLine(names: readonly string[]): string {
  return `install it beside @fw/testing: npm install --save-dev ${names.join(' ')}`;
}

/** What a command in the sandbox must be able to read to run it: all that is installed beside it. */
export function readableFor(peer: OptionalPeer): readonly string[] {
  const end = peer.folder.lastIndexOf('node_modules');
  return [peer.folder.slice(0, end + 'node_modules'.length)];
}

/** Undefined when it is not installed; `from` is a file beside which it is looked for, this one by default. */
export function findOptionalPeer(name: string, from: string = import.meta.url): OptionalPeer | undefined {
  const paths = createRequire(from).resolve.paths(name) ?? [];
  for (const path of paths) {
    const folder = join(path, name);
    try {
      const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { readonly version?: unknown; readonly bin?: unknown };
      const bin = typeof manifest.bin === 'string' ? manifest.bin : (manifest.bin as { readonly [key: string]: string } | undefined)?.[name];
      return { name, folder, version: String(manifest.version), program: bin === undefined ? undefined : join(folder, bin) };
    } catch {
      // Not there.
    }
  }
  return undefined;
}
