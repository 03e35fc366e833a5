import type { Disposer, PluginScope } from './registrations.ts';
import type { ContributionKind } from './manifest.ts';
import type { Json } from './json.ts';

/** What an isolated plugin registered, as its host sees it: data, and functions that are called across. */
export interface RemoteContribution {
  readonly kind: ContributionKind;
  readonly name: string;
  /** Its members that are plain JSON. */
  readonly data: { readonly [member: string]: Json | undefined };
  /** Its members that are functions. */
  readonly functions: readonly string[];
  /**
   * Has the plugin run one of its functions, within the plugin's deadline. Counted, and attributed like `process`.
   * @throws PluginError
   */
  call(name: string, input: Json, options?: RemoteCallOptions): Promise<Json>;
}

export interface RemoteCallOptions {
  readonly signal?: AbortSignal;
  /** What the function may ask back while it runs, by name. Nothing else of the host's can be reached by it. */
  readonly answers?: { readonly [name: string]: (input: Json, signal: AbortSignal) => Promise<Json> };
  /** It may run a second time when its process was lost through another plugin. Default false. */
  readonly mayRepeat?: boolean;
  /** In place of the deadline of `process`; `none` for what waits for others, such as an agent. */
  readonly timeoutMs?: number | 'none';
}

/** Adds an isolated plugin's contribution to the host, which has to call `plugin.register`. */
export type AcceptRemote = (plugin: PluginScope, contribution: RemoteContribution) => Disposer;

/** Given to a function of a contribution in the plugin's process. */
export interface RemoteCall {
  readonly signal: AbortSignal;
  /** Asks the host what it offers for this call. */
  ask(name: string, input: Json): Promise<Json>;
}

/** A contribution made ready to be called across: an adapter makes it of what the plugin registers. */
export interface RemoteDefinition {
  readonly name: string;
  readonly data: { readonly [member: string]: Json | undefined };
  readonly functions: { readonly [name: string]: (input: Json, call: RemoteCall) => Json | Promise<Json> };
}

/** The default export of a bridge module, which runs in the plugin's process. Kinds without an adapter are taken as they are. */
export type RemoteAdapters = { readonly [kind in ContributionKind]?: (thing: unknown) => RemoteDefinition };
