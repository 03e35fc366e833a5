import { PluginError } from './plugin-error.ts';
import type { PluginErrorCode, PluginIdentity, PluginStage } from './plugin-error.ts';

const refusals = new WeakSet<object>();

/** Throws a PluginError of the host's own, which keeps its code when it passes through the plugin's code. */
export function refuse(code: PluginErrorCode, plugin: PluginIdentity, stage: PluginStage, message: string): never {
  const error = new PluginError(code, { message: `Plugin ${plugin.id}: ${message}`, plugin, stage });
  refusals.add(error);
  throw error;
}

/** Whether the host itself raised this, about this plugin; an error that a plugin made up is not. */
export function isRefusal(error: unknown, plugin: PluginIdentity): error is PluginError {
  return typeof error === 'object' && error !== null && refusals.has(error) && (error as PluginError).plugin === plugin.id;
}
