import { hash } from 'node:crypto';
import { missingBlob } from './blob-store.ts';
import type { BlobStore } from './blob-store.ts';
import type { UseDatabase } from './sqlite-database.ts';

const SWEEP_AT_ONCE = 200;

/** Blobs in the file of the journal. */
export function sqliteBlobs(use: UseDatabase): Required<BlobStore> {
  return {
    put: (bytes) => use(({ statements }) => {
      const key = hash('sha256', bytes);
      statements.putBlob.run(key, bytes, Date.now());
      return key;
    }),
    get: (blob) => use(({ statements }) => {
      const row = statements.getBlob.get(blob) as { bytes: Uint8Array } | undefined;
      if (!row) throw missingBlob(blob);
      return row.bytes;
    }),
    async sweep({ isUsed, before }) {
      const old = await use(({ statements }) => statements.oldBlobs.all(before) as { hash: string; bytes: number }[]);
      const unused = old.filter((blob) => !isUsed(blob.hash));
      const removed: { readonly bytes: number }[] = [];
      // In small parts: others write in between. One that was put again meanwhile is not old any more.
      for (let at = 0; at < unused.length; at += SWEEP_AT_ONCE) {
        await use(({ statements, transaction }) => transaction(() => {
          const part = unused.slice(at, at + SWEEP_AT_ONCE);
          removed.push(...part.filter((blob) => Number(statements.removeBlob.run(blob.hash, before).changes) === 1));
        }));
      }
      return { blobs: removed.length, bytes: removed.reduce((sum, { bytes }) => sum + bytes, 0) };
    },
  };
}
