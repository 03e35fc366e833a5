import type { ContributionKind, PluginManifest, PluginPermissions } from './manifest.ts';
import type { PluginFailure, PluginIdentity } from './plugin-error.ts';

/** What the host knows about one plugin. Plain data. */
export interface PluginStatus extends PluginIdentity {
  /** `ready`: checked, none of its code has run. `off`: failed too often, left out for the rest of this host's life. */
  readonly status: 'ready' | 'active' | 'failed' | 'off' | 'closed';
  readonly required: boolean;
  /** The package's folder, or the file. */
  readonly source: string;
  /** As declared. */
  readonly contributes: NonNullable<PluginManifest['contributes']>;
  /** As it is now. */
  readonly registered: { readonly [kind in ContributionKind]?: readonly string[] };
  /** As asked for. */
  readonly permissions: PluginPermissions;
  readonly isolation: 'inline' | 'process';
  /** Which permissions it is held to: none inline, and `net` and `env` only in a sandbox. */
  readonly enforced: { readonly fs: boolean; readonly net: boolean; readonly env: boolean };
  /** What its model calls have cost. */
  readonly costUsd: number;
  readonly timings: {
    readonly loadMs: number;
    readonly initializeMs: number;
    /** All calls together. */
    readonly processMs: number;
    readonly cleanupMs: number;
    readonly calls: number;
    readonly failures: number;
  };
  /** The latest twenty. */
  readonly errors: readonly PluginFailure[];
}
