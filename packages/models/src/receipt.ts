import type { FailureKind } from './model-error.ts';
import type { Usage } from './usage.ts';

/** One request that was sent, or refused before sending. */
export interface Attempt {
  readonly id: string;
  /** `provider/name@version`. */
  readonly model: string;
  readonly startedAt: number;
  readonly durationMs: number;
  readonly usage: Usage;
  /** False when it was refused here, before anything was sent. */
  readonly sent?: false;
  /** How long it stood in the queue of its model before it was sent. */
  readonly waitedMs?: number;
  readonly failure?: AttemptFailure;
}

export interface AttemptFailure {
  readonly kind: FailureKind;
  readonly message: string;
  /** HTTP status, where there was one. */
  readonly status?: number;
  /** Epoch milliseconds before which the service does not want to be asked again. */
  readonly retryAt?: number;
}

/** Every attempt of one call, in order; the last one answered, or none did. */
export interface Receipt {
  readonly key: string;
  readonly attempts: readonly Attempt[];
}
