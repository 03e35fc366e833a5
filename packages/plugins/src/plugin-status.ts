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
  /** As asked for; not enforced for inline plugins. */
  readonly permissions: PluginPermissions;
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
