import { hash } from 'node:crypto';
import { WorkflowError } from './workflow-error.ts';

/** Large values by their hash. Equal bytes are kept once. */
export interface BlobStore {
  /** Returns the hex SHA-256 of the bytes; they are durable when it resolves. */
  put(bytes: Uint8Array): Promise<string>;
  /** @throws WorkflowError `FW_BLOB_MISSING`. */
  get(blob: string): Promise<Uint8Array>;
}

/** Blobs in this process's memory. */
export function memoryBlobs(): BlobStore {
  const blobs = new Map<string, Uint8Array>();
  return {
    async put(bytes) {
      const key = hash('sha256', bytes);
      blobs.set(key, Uint8Array.from(bytes));
      return key;
    },
    async get(blob) {
      const bytes = blobs.get(blob);
      if (!bytes) throw missingBlob(blob);
      return Uint8Array.from(bytes);
    },
  };
}

export const missingBlob = (blob: string): WorkflowError =>
  new WorkflowError('FW_BLOB_MISSING', { message: `Blob ${blob} is not in the store: it was removed, or the journal comes from another store.` });
