import type { LiveDelta } from './journal-entry.ts';
import type { RunOutcome, RunWaiting } from './engine.ts';

/** Deltas kept for a watcher that does not keep up; older ones are dropped. */
const MAX_DELTAS = 10_000;

/** What this process knows of a run that somebody watches: who awaits its end, what happened since. */
export class WatchedRun {
  readonly id: string;
  version = 0;
  /** What stopped it here without an end; until it is taken up again. */
  failure: Error | undefined;
  #ends: { resolve(outcome: RunOutcome): void; reject(error: Error): void }[] = [];
  #pauses: { resolve(outcome: RunOutcome | RunWaiting): void; reject(error: Error): void }[] = [];
  /** Most runs are watched by nobody. */
  #changes: Set<() => void> | undefined;
  #subscribers: Set<LiveDelta[]> | undefined;

  constructor(id: string) {
    this.id = id;
  }

  get isAwaited(): boolean {
    return this.#ends.length + this.#pauses.length > 0;
  }

  /** Somebody follows what happens while it does. */
  get isSubscribed(): boolean {
    return this.#subscribers !== undefined && this.#subscribers.size > 0;
  }

  /** Somebody here needs what this object knows. */
  get isInUse(): boolean {
    return this.isAwaited || this.isSubscribed || this.failure !== undefined;
  }

  ended(): Promise<RunOutcome> {
    return new Promise((resolve, reject) => { this.#ends = this.#ends.concat({ resolve, reject }); });
  }

  settled(): Promise<RunOutcome | RunWaiting> {
    return new Promise((resolve, reject) => { this.#pauses = this.#pauses.concat({ resolve, reject }); });
  }

  end(outcome: RunOutcome): void {
    for (const waiting of [...this.#ends.splice(0), ...this.#pauses.splice(0)]) waiting.resolve(outcome);
    this.changed();
  }

  wait(state: RunWaiting): void {
    for (const waiting of this.#pauses.splice(0)) waiting.resolve(state);
    this.changed();
  }

  fail(error: Error): void {
    for (const waiting of [...this.#ends.splice(0), ...this.#pauses.splice(0)]) waiting.reject(error);
    this.changed();
  }

  changed(): void {
    this.version++;
    if (this.#changes) for (const wake of [...this.#changes]) wake();
  }

  delta(delta: LiveDelta): void {
    if (!this.#subscribers || !this.isSubscribed) return;
    for (const buffer of this.#subscribers) {
      buffer.push(delta);
      if (buffer.length > MAX_DELTAS) buffer.shift();
    }
    this.changed();
  }

  subscribe(): { take(): readonly LiveDelta[]; close(): void } {
    const buffer: LiveDelta[] = [];
    (this.#subscribers ??= new Set()).add(buffer);
    return { take: () => buffer.splice(0), close: () => void this.#subscribers?.delete(buffer) };
  }

  /** Resolves when something happened since `version`, after `limitMs`, or when the signal aborts. */
  changedSince(version: number, limitMs: number, signal?: AbortSignal): Promise<void> {
    if (this.version !== version || signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#changes?.delete(done);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, limitMs);
      (this.#changes ??= new Set()).add(done);
      signal?.addEventListener('abort', done, { once: true });
    });
  }
}
