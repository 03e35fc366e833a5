import type { Question } from './journal-store.ts';
import type { Pause } from './machine.ts';

/** Thrown out of the machine when a run is put down: it waits, was paused, or its process closes. */
export class Parked {
  readonly pause: Pause | undefined;
  readonly waits: readonly Question[];
  readonly wakeAt: number | undefined;

  constructor(options: { readonly pause?: Pause; readonly waits?: readonly Question[]; readonly wakeAt?: number }) {
    this.pause = options.pause;
    this.waits = options.waits ?? [];
    this.wakeAt = options.wakeAt;
  }

  /** Neither waits nor was paused: the process closes, and the next one may go on at once. */
  get isIdle(): boolean {
    return !this.pause && this.waits.length === 0 && this.wakeAt === undefined;
  }
}
