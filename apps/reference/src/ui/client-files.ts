import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

/** One file of the page, as it is served. */
export interface ClientFile {
  readonly type: string;
  readonly content: Uint8Array<ArrayBuffer>;
}

const types: { readonly [extension: string]: string } = {
  '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8', '.svg': 'image/svg+xml',
};

/** The built page, by the path that it is asked for with; read once, so no request leads to the disk. */
export async function readClientFiles(folder: string): Promise<ReadonlyMap<string, ClientFile>> {
  const files = new Map<string, ClientFile>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const type = types[path.extname(entry.name)];
    if (!entry.isFile() || type === undefined) continue;
    const file = path.join(entry.parentPath, entry.name);
    files.set(`/${path.relative(folder, file).split(path.sep).join('/')}`, { type, content: new Uint8Array(await readFile(file)) });
  }
  return files;
}
