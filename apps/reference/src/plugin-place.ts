import path from 'node:path';
import { createPluginGrants, parsePluginLock } from '@fw/framework';
import type { PluginGrants, PluginLock } from '@fw/framework';
import type { CliContext } from './cli-context.ts';
import { homeFolder } from './home-folder.ts';
import { readLockFile, writeLockSection } from './lock-file.ts';

/** What is kept of the plugins of one workspace: the user's grants at home, pins in the workspace. */
export interface PluginPlace {
  readonly lockFile: string;
  readonly grants: PluginGrants;
  /** @throws AppError `FW_LOCK_INVALID`; FrameworkError `FW_CONFIG_INVALID`. */
  pins(): Promise<PluginLock['plugins']>;
  /** Undefined takes the pin away. */
  pin(id: string, pin: PluginLock['plugins'][string] | undefined): Promise<void>;
}

export function openPluginPlace(context: CliContext): PluginPlace {
  const lockFile = path.join(context.directory, 'fw.lock.json');
  const pins = async (): Promise<PluginLock['plugins']> => parsePluginLock((await readLockFile(lockFile))['plugins']).plugins;
  return {
    lockFile, pins,
    grants: createPluginGrants(homeFolder(context.environment), context.directory),
    async pin(id, pin) {
      const { [id]: _before, ...others } = await pins();
      const next = pin === undefined ? others : { ...others, [id]: pin };
      const sorted = Object.fromEntries(Object.entries(next).sort(([left], [right]) => (left < right ? -1 : 1)));
      await writeLockSection(lockFile, 'plugins', { version: 1, plugins: sorted });
    },
  };
}
