import type { Terminal } from './terminal.ts';

export type Environment = { readonly [name: string]: string | undefined };

/** What every command gets: where it is, what was said for all commands, and where it writes. */
export interface CliContext {
  /** Absolute. */
  readonly directory: string;
  readonly environment: Environment;
  readonly terminal: Terminal;
  /** `html` for the gate's report alone. */
  readonly output: 'text' | 'json' | 'ndjson' | 'html';
  /** `--config`, absolute. */
  readonly config?: string;
  /** `--trust`. */
  readonly trust: boolean;
  /** `--quiet`: results only. */
  readonly quiet: boolean;
}
