import { hash } from 'node:crypto';
import type { BlobRef, Json } from '@fw/agents-core';
import type { BlobStore } from './blob-store.ts';
import { WorkflowError } from './workflow-error.ts';

/** Outputs above this many characters of JSON are kept as blobs. */
const BLOB_THRESHOLD = 64 * 1024;

/** What the journal keeps of an output: itself, or a reference to a blob. */
export async function shrinkOutput(output: Json, blobs: BlobStore): Promise<Json | BlobRef> {
  if (isSmall(output)) return output;
  const bytes = new TextEncoder().encode(JSON.stringify(output));
  return { blob: await blobs.put(bytes), bytes: bytes.byteLength, mediaType: 'application/json' };
}

/** Whether the journal keeps it as it is. */
export function isSmall(output: Json): boolean {
  if (output === null || typeof output !== 'object') return typeof output !== 'string' || output.length < BLOB_THRESHOLD / 8 || JSON.stringify(output).length <= BLOB_THRESHOLD;
  if (isBlobRef(output)) return false;
  return mostCharacters(output, BLOB_THRESHOLD) <= BLOB_THRESHOLD || JSON.stringify(output).length <= BLOB_THRESHOLD;
}

/** Of its JSON, where each character may become six; it stops counting above the limit. */
function mostCharacters(value: Json | undefined, limit: number): number {
  if (typeof value === 'string') return value.length * 6 + 2;
  // No number is longer, and neither are true, false and null.
  if (value === null || typeof value !== 'object') return 25;
  let most = 2;
  if (Array.isArray(value)) for (let index = 0; index < value.length && most <= limit; index += 1) most += mostCharacters(value[index], limit - most) + 1;
  else for (const key of Object.keys(value)) {
    most += key.length * 6 + 4 + mostCharacters((value as { readonly [key: string]: Json })[key], limit - most);
    if (most > limit) return most;
  }
  return most;
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
export const isBlobRef = (output: Json | BlobRef): output is BlobRef =>
  output !== null && typeof output === 'object' && !Array.isArray(output) && typeof (output as { blob?: unknown }).blob === 'string' && 'mediaType' in output;
