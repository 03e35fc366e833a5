import { hash } from 'node:crypto';
import type { BlobRef, Json } from '@fw/agents-core';
import type { BlobStore } from './blob-store.ts';
import { WorkflowError } from './workflow-error.ts';

/** Outputs above this many characters of JSON are kept as blobs. */
const BLOB_THRESHOLD = 64 * 1024;

/** What the journal keeps of an output: itself, or a reference to a blob. */
export async function shrinkOutput(output: Json, blobs: BlobStore): Promise<Json | BlobRef> {
  const text = JSON.stringify(output);
  if (text.length <= BLOB_THRESHOLD && !isBlobRef(output)) return output;
  const bytes = new TextEncoder().encode(text);
  return { blob: await blobs.put(bytes), bytes: bytes.byteLength, mediaType: 'application/json' };
}

/** @throws WorkflowError `FW_BLOB_MISSING`, or `FW_JOURNAL_BROKEN` when the blob is not what was stored. */
export async function resolveOutput(output: Json | BlobRef, blobs: BlobStore): Promise<Json> {
  if (!isBlobRef(output)) return output as Json;
  const bytes = await blobs.get(output.blob);
  if (hash('sha256', bytes) !== output.blob) {
    throw new WorkflowError('FW_JOURNAL_BROKEN', { message: `Blob ${output.blob} has other bytes than were stored under this name: the store was changed or damaged.` });
  }
  return JSON.parse(new TextDecoder().decode(bytes)) as Json;
}

/** An output that only looks like a reference is stored as a blob itself, so that a reference is always ours. */
const isBlobRef = (output: Json | BlobRef): output is BlobRef =>
  output !== null && typeof output === 'object' && !Array.isArray(output) && typeof (output as { blob?: unknown }).blob === 'string' && 'mediaType' in output;
