import { hash } from 'node:crypto';
import { WorkflowError } from './workflow-error.ts';

/** Large values by their hash. Equal bytes are kept once. */
export interface BlobStore {
  /** Returns the hex SHA-256 of the bytes; they are durable when it resolves. */
  put(bytes: Uint8Array): Promise<string>;
  /** @throws WorkflowError `FW_BLOB_MISSING`. */
  get(blob: string): Promise<Uint8Array>;
  /** Removes blobs that are not used and were put, or put again, last before that time (epoch milliseconds of the real clock). Without it nothing is ever removed. */
  sweep?(options: { readonly isUsed: (blob: string) => boolean; readonly before: number }): Promise<{ readonly blobs: number; readonly bytes: number }>;
}

/** Blobs in this process's memory. */
export function memoryBlobs(): BlobStore {
  const blobs = new Map<string, { readonly bytes: Uint8Array; readonly putAt: number }>();
  return {
    async put(bytes) {
      const key = hash('sha256', bytes);
      blobs.set(key, { bytes: Uint8Array.from(bytes), putAt: Date.now() });
      return key;
    },
    async get(blob) {
      const found = blobs.get(blob);
      if (!found) throw missingBlob(blob);
      return Uint8Array.from(found.bytes);
    },
    async sweep({ isUsed, before }) {
      const unused = [...blobs].filter(([blob, { putAt }]) => putAt < before && !isUsed(blob));
      for (const [blob] of unused) blobs.delete(blob);
      return { blobs: unused.length, bytes: unused.reduce((sum, [, { bytes }]) => sum + bytes.byteLength, 0) };
    },
  };
}

/** Reads from a store and writes nothing. */
export const readOnlyBlobs = (blobs: BlobStore): BlobStore => ({
  put: async (bytes) => hash('sha256', bytes),
  get: (blob) => blobs.get(blob),
});

export const missingBlob = (blob: string): WorkflowError =>
  new WorkflowError('FW_BLOB_MISSING', { message: `Blob ${blob} is not in the store: it was removed, or the journal comes from another store.` });
