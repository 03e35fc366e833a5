import { copyThrown } from './copy-thrown.ts';
import type { ContributionKind, PluginManifest } from './manifest.ts';
import { PluginError } from './plugin-error.ts';
import type { PluginIdentity, PluginStage } from './plugin-error.ts';
import { refuse } from './refusal.ts';

/** Takes back what was registered. */
export type Disposer = () => void;

/** Given to the host's `context` function: which plugin asks, and where its registrations are kept. */
export interface PluginScope extends PluginIdentity {
  /** Absent for a plain file. */
  readonly manifest?: PluginManifest;
  /**
   * Runs `add` and keeps the disposer it returns until the plugin goes; the disposer handed back does it earlier.
   * @throws PluginError `FW_PLUGIN_UNDECLARED` for a name that its manifest does not list, `FW_PLUGIN_DUPLICATE` for
   * one that is taken, `FW_PLUGIN_GONE` when the plugin is no longer running.
   */
  register(kind: ContributionKind, name: string, add: () => Disposer): Disposer;
}

/** What one plugin has registered. */
export interface Registrations {
  readonly scope: PluginScope;
  list(): { readonly [kind in ContributionKind]?: readonly string[] };
  /** Takes everything back, newest first, and refuses what comes later. Returns what the disposers threw. */
  close(): readonly PluginError[];
}

/** `taken` is shared by the plugins of one host: `kind name` to the plugin's id. */
export function createRegistrations(plugin: PluginIdentity, manifest: PluginManifest | undefined, taken: Map<string, string>, stage: () => PluginStage): Registrations {
  const kept: { readonly kind: ContributionKind; readonly name: string; dispose: Disposer }[] = [];
  let closed = false;

  const register: PluginScope['register'] = (kind, name, add) => {
    const key = `${kind} ${name}`;
    if (closed) refuse('FW_PLUGIN_GONE', plugin, stage(), `it registered ${key} after it had ended.`);
    if (typeof name !== 'string' || name === '') refuse('FW_PLUGIN_UNDECLARED', plugin, stage(), `it registered one of its ${kind} without a name.`);
    if (manifest && !manifest.contributes?.[kind]?.includes(name)) {
      refuse('FW_PLUGIN_UNDECLARED', plugin, stage(), `it registered ${key}, which its manifest does not declare. Add "${name}" to fw.contributes.${kind}.`);
    }
    if (taken.has(key)) refuse('FW_PLUGIN_DUPLICATE', plugin, stage(), `it registered ${key}, which plugin ${taken.get(key)} has registered already.`);
    const remove = add();
    taken.set(key, plugin.id);
    const entry = {
      kind,
      name,
      dispose: () => {
        if (!kept.includes(entry)) return;
        kept.splice(kept.indexOf(entry), 1);
        taken.delete(key);
        remove();
      },
    };
    kept.push(entry);
    return entry.dispose;
  };

  return {
    scope: Object.freeze({ id: plugin.id, version: plugin.version, ...(manifest && { manifest }), register }),
    list() {
      const names: { [kind in ContributionKind]?: string[] } = {};
      for (const { kind, name } of kept) (names[kind] ??= []).push(name);
      return names;
    },
    close() {
      closed = true;
      const errors: PluginError[] = [];
      for (const entry of [...kept].reverse()) {
        try {
          entry.dispose();
        } catch (error) {
          const cause = copyThrown(error);
          errors.push(new PluginError('FW_PLUGIN_FAILED', { message: `Plugin ${plugin.id}: ${entry.kind} ${entry.name} could not be removed: ${cause.message}`, plugin, stage: 'cleanup', cause }));
        }
      }
      return errors;
    },
  };
}
