import { hash, randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import path from 'node:path';
import { missingBlob } from './blob-store.ts';
import type { BlobStore } from './blob-store.ts';
import { WorkflowError } from './workflow-error.ts';

const NAME = /^[0-9a-f]{64}$/;

/** Blobs as files of a folder, which may be a mount that several machines share. Each file is whole or not there. */
export function folderBlobs(folder: string): BlobStore {
  const fileOf = (blob: string): string => path.join(folder, blob.slice(0, 2), blob);
  return {
    async put(bytes) {
      const blob = hash('sha256', bytes);
      const file = fileOf(blob);
      const now = new Date();
      try {
        // Put again: it is young again, so a sweep that began before leaves it.
        if ((await stat(file).catch(() => undefined))?.size === bytes.byteLength && await utimes(file, now, now).then(() => true, () => false)) return blob;
        await writeWhole(file, bytes);
      } catch (cause) {
        throw new WorkflowError('FW_STORE_FAILED', { message: `Blob ${blob} cannot be written to ${folder}: ${(cause as Error).message}.`, cause });
      }
      return blob;
    },
    async get(blob) {
      if (!NAME.test(blob)) throw missingBlob(blob);
      try {
        return await readFile(fileOf(blob));
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code === 'ENOENT') throw missingBlob(blob);
        throw new WorkflowError('FW_STORE_FAILED', { message: `Blob ${blob} cannot be read from ${folder}: ${(cause as Error).message}.`, cause });
      }
    },
    async sweep({ isUsed, before }) {
      let blobs = 0;
      let bytes = 0;
      for (const directory of await readdir(folder).catch(() => [])) {
        for (const name of await readdir(path.join(folder, directory)).catch(() => [])) {
          const file = path.join(folder, directory, name);
          // Files of writers that died have other names.
          if (NAME.test(name) && isUsed(name)) continue;
          const found = await stat(file).catch(() => undefined);
          if (!found?.isFile() || found.mtimeMs >= before) continue;
          await rm(file, { force: true });
          blobs++;
          bytes += found.size;
        }
      }
      return { blobs, bytes };
    },
  };
}

/** Under its name only when all of it is on disk. */
async function writeWhole(file: string, bytes: Uint8Array): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  const temporary = `${file}.${randomUUID()}`;
  try {
    const handle = await open(temporary, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, 0o600);
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  const directory = await open(path.dirname(file), constants.O_RDONLY);
  await directory.sync().catch(() => {}).finally(() => directory.close());
}
