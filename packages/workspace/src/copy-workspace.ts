import { copyFile, link, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { initializeGitDirectory } from './git.ts';
import { removeTree } from './remove-tree.ts';
import { whileBuilding } from './storage-owner.ts';
import { storageLayout } from './storage-layout.ts';
import { readRecord, writeRecord } from './storage-record.ts';
import { copySurroundings } from './surroundings.ts';
import { WorkspaceError } from './workspace-error.ts';

/**
 * Makes a second storage with the base and all snapshots of one that exists, which may be in use; `openWorkspace` opens it.
 * What is stored is shared on disk where the file system can, and neither loses anything when the other is removed. Does
 * nothing when `to` is such a storage already.
 * @throws WorkspaceError `FW_WORKSPACE_MISSING` when there is no finished workspace in `from`.
 */
export async function copyWorkspace(options: { readonly from: string; readonly to: string }): Promise<void> {
  const [from, to] = [storageLayout(options.from), storageLayout(options.to)];
  const record = await readRecord(from.record);
  if (record === undefined) throw new WorkspaceError('FW_WORKSPACE_MISSING', { message: `There is no finished workspace in "${options.from}", so nothing can be copied from it.` });
  await mkdir(to.storage, { recursive: true, mode: 0o711 });
  await whileBuilding(to.storage, async () => {
    if ((await readRecord(to.record)) !== undefined) return;
    await writeFile(to.claim, '');
    await removeTree(to.git);
    await initializeGitDirectory(to.git);
    await shareFolder(join(from.git, 'objects'), join(to.git, 'objects'));
    await copySurroundings(from.copy, to.copy, record.around);
    await writeRecord(to.record, record);
  });
}

/** Objects never change once they have their name; what is still being written has another. */
async function shareFolder(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) await shareFolder(source, target);
    else if (!/^tmp_|\.lock$/.test(entry.name)) await link(source, target).catch(() => copyFile(source, target));
  }
}
