import { createHash } from 'node:crypto';
import { access, mkdir, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** Which config files and folders of plugins the user lets run, remembered outside of every workspace. */
export interface Trust {
  /** True when exactly this content was trusted at exactly this place. */
  has(file: string, content: string): Promise<boolean>;
  grant(file: string, content: string): Promise<void>;
  /** Takes back all that was trusted at this place; says how much that was. */
  revoke(file: string): Promise<number>;
  /** Places that were trusted as they were at some time. */
  list(): Promise<readonly string[]>;
}

/**
 * Grants are bound to the file's real path and the hash of its content, so a changed file is asked for again.
 * What that file imports is not part of the hash.
 */
export function createTrust(home: string): Trust {
  const folder = path.join(home, 'trust');
  async function grantOf(file: string, content: string): Promise<{ readonly name: string; readonly record: string }> {
    const place = await realpath(file);
    const sha256 = createHash('sha256').update(content).digest('hex');
    const record = JSON.stringify({ file: place, sha256 });
    return { name: path.join(folder, createHash('sha256').update(record).digest('hex')), record };
  }
  return {
    async has(file, content) {
      const { name } = await grantOf(file, content);
      return access(name).then(() => true, () => false);
    },
    async grant(file, content) {
      const { name, record } = await grantOf(file, content);
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await writeFile(name, `${record}\n`, { mode: 0o600 });
    },
    async revoke(file) {
      const place = await realpath(file).catch(() => path.resolve(file));
      const mine = (await read(folder)).filter((one) => one.file === place);
      await Promise.all(mine.map(({ name }) => rm(name, { force: true })));
      return mine.length;
    },
    async list() {
      return [...new Set((await read(folder)).map(({ file }) => file))].sort();
    },
  };
}

async function read(folder: string): Promise<readonly { readonly name: string; readonly file: string }[]> {
  const names = await readdir(folder).catch(() => []);
  const records = await Promise.all(names.map(async (one) => {
    const name = path.join(folder, one);
    try {
      const { file } = JSON.parse(await readFile(name, 'utf8')) as { readonly file?: unknown };
      return typeof file === 'string' ? [{ name, file }] : [];
    } catch {
      return [];
    }
  }));
  return records.flat();
}
