import type { Json } from './json.ts';

/** A loaded plugin, wherever it runs. What its functions throw may be anything. */
export interface PluginCode {
  /** It has a `process`. */
  readonly answers: boolean;
  initialize(signal: AbortSignal): Promise<void>;
  /** Starts what its first call would have to wait for. */
  warm?(signal: AbortSignal): Promise<void>;
  process(event: Json, signal: AbortSignal): Promise<unknown>;
  cleanup(signal: AbortSignal): Promise<void>;
  /** Frees what holds it. Never throws. */
  release(): Promise<void>;
}
