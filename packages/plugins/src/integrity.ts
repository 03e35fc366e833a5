import { createHash } from 'node:crypto';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isInside } from './locate.ts';
import type { PluginIdentity } from './plugin-error.ts';
import { refuse } from './refusal.ts';

const most = { files: 10_000, bytes: 100 * 1_048_576 };
/** What npm and git keep in a package's folder is not the package's. */
const leftOut: readonly string[] = ['node_modules', '.git'];

/**
 * One sha512 over the names and contents of a package's files, in the form of `package-lock.json`. A link that leads
 * out of the folder is refused. Runs nothing.
 * @throws PluginError `FW_PLUGIN_ENTRY`, `FW_PLUGIN_INTEGRITY` for a package that is too large.
 */
export async function hashPackage(source: string, plugin: PluginIdentity): Promise<string> {
  const files = (await stat(source)).isDirectory() ? await listFiles(source, plugin) : [''];
  const hash = createHash('sha512');
  let bytes = 0;
  for (const file of files) {
    const content = await readFile(join(source, file));
    bytes += content.length;
    if (bytes > most.bytes) refuse('FW_PLUGIN_INTEGRITY', plugin, 'validate', `its files have more than ${most.bytes} bytes.`);
    // The lengths keep a name from running into a content.
    hash.update(`${Buffer.byteLength(file)} ${content.length}\n${file}`).update(content);
  }
  return `sha512-${hash.digest('base64')}`;
}

async function listFiles(root: string, plugin: PluginIdentity): Promise<readonly string[]> {
  const files: string[] = [];
  const visit = async (folder: string): Promise<void> => {
    for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
      if (leftOut.includes(entry.name)) continue;
      const file = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isSymbolicLink()) {
        const target = await realpath(join(root, file)).catch(() => '');
        if (!isInside(target, root)) refuse('FW_PLUGIN_ENTRY', plugin, 'validate', `its ${file} is a link that leads out of the package.`);
        // What it points to is hashed where it lies; the link is a name more.
        files.push(...((await stat(join(root, file))).isFile() ? [file] : []));
      } else if (entry.isDirectory()) await visit(file);
      else if (entry.isFile()) files.push(file);
      if (files.length > most.files) refuse('FW_PLUGIN_INTEGRITY', plugin, 'validate', `it has more than ${most.files} files.`);
    }
  };
  await visit('');
  return files.sort();
}
