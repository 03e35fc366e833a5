import type { Command } from 'commander';
import { AppError } from './app-error.ts';
import type { CliContext } from './cli-context.ts';
import type { PluginAddOptions } from './commands/plugin-add.ts';
import type { PluginLsOptions } from './commands/plugin-ls.ts';
import type { TrustOptions } from './commands/trust.ts';

/** `fw plugin …` and `fw trust`. */
export function addPluginCommands(program: Command, contextOf: (command: Command) => CliContext, ended: (exitCode: number) => void): void {
  const ls = async (options: PluginLsOptions, command: Command): Promise<void> => {
    const { pluginLs } = await import('./commands/plugin-ls.ts');
    ended(await pluginLs(contextOf(command), options));
  };
  const plugin = program.command('plugin')
    .description('plugins: what is used, what they may do, and whether they are what they were')
    .argument('[command]')
    .action(async (unknown: string | undefined, options: object, command: Command) => {
      if (unknown !== undefined) throw new AppError('FW_USAGE', { message: `"plugin ${unknown}" is not possible: ls, add, inspect, enable, disable, verify or new.` });
      await ls(options, command);
    });
  plugin.command('ls')
    .description('the plugins of the config and what became of them')
    .option('--available', 'direct dependencies that are plugins; nothing of them runs')
    .action(ls);
  plugin.command('add')
    .description('grant what a plugin asks for, pin its files and list it; none of its code runs')
    .argument('<package>', 'its name, or its folder')
    .option('--yes', 'grant it without being asked')
    .option('--trusted', 'let it run also where there is no sandbox')
    .action(async (name: string, options: PluginAddOptions, command: Command) => {
      const { pluginAdd } = await import('./commands/plugin-add.ts');
      ended(await pluginAdd(contextOf(command), name, options));
    });
  plugin.command('inspect')
    .description('what a plugin is and asks for; none of its code runs')
    .argument('<package>', 'its name, or its folder')
    .action(async (name: string, _options: object, command: Command) => {
      const { pluginInspect } = await import('./commands/plugin-inspect.ts');
      ended(await pluginInspect(contextOf(command), name));
    });
  for (const [name, description] of [['enable', 'let a plugin that was added take part again'], ['disable', 'leave a plugin out in this workspace']] as const) {
    plugin.command(name).description(description).argument('<id>')
      .action(async (id: string, _options: object, command: Command) => {
        const { pluginSwitch } = await import('./commands/plugin-switch.ts');
        ended(await pluginSwitch(contextOf(command), id, name === 'enable'));
      });
  }
  plugin.command('verify')
    .description('whether plugins are what was pinned and granted; exit 7 when one is not')
    .argument('[package...]', 'names or folders; those of the config by default')
    .action(async (names: string[], _options: object, command: Command) => {
      const { pluginVerify } = await import('./commands/plugin-verify.ts');
      ended(await pluginVerify(contextOf(command), names));
    });
  plugin.command('new')
    .description('a new plugin with a test, a README and a CI file, in a folder fw-plugin-<id>')
    .argument('<id>', 'small letters, digits and "-"')
    .action(async (id: string, _options: object, command: Command) => {
      const { pluginNew } = await import('./commands/plugin-new.ts');
      ended(await pluginNew(contextOf(command), id));
    });
  program.command('trust')
    .description('trust this project\'s config, a config file or a folder of plugins, as it is now')
    .argument('[place]', 'a file or a folder; the project\'s config by default')
    .option('--revoke', 'take it back')
    .option('--list', 'what was trusted')
    .action(async (place: string | undefined, options: TrustOptions, command: Command) => {
      const { trustPlace } = await import('./commands/trust.ts');
      ended(await trustPlace(contextOf(command), place, options));
    });
}
