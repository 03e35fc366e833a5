import type { Pause } from './machine.ts';

/** A step that cannot go on for a reason that is not the run's own, such as a spent budget: the run is put down and can be resumed. */
export class RunPaused extends Error {
  override readonly name = 'RunPaused';
  readonly code: string;

  constructor({ code, message }: Pause) {
    super(message);
    this.code = code;
  }
}
