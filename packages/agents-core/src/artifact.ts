import type { Json } from '@fw/models';
import type { StepKey } from './step.ts';

/** Something an agent made. Content over 64 KiB is a BlobRef, so an artifact is always small enough to send. */
export interface Artifact {
  readonly id: string;
  readonly kind: string;
  readonly title: string;
  /** Name and version of the schema that its owner publishes, e.g. `design@1`. */
  readonly schema: string;
  readonly content: Json | BlobRef;
  readonly producer: { readonly agent: string; readonly version: string; readonly key: StepKey };
}

/** A large value, kept by its hash. */
export interface BlobRef {
  /** Hex SHA-256 of the bytes. */
  readonly blob: string;
  readonly bytes: number;
  readonly mediaType: string;
}
