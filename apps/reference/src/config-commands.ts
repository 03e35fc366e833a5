import type { Command } from 'commander';
import type { CliContext } from './cli-context.ts';
import type { ConfigPrintOptions } from './commands/config-print.ts';
import type { InitOptions } from './commands/init.ts';

/** The commands about the config. */
export function addConfigCommands(program: Command, contextOf: (command: Command) => CliContext, ended: (exitCode: number) => void): void {
  program.command('init')
    .description('write a small fw.config.json with the model that is named or found')
    .argument('[folder]', 'the project\'s folder', '.')
    .option('--model <provider/name>', 'the model for all agents')
    .action(async (folder: string, options: InitOptions, command: Command) => {
      const { init } = await import('./commands/init.ts');
      ended(await init(contextOf(command), folder, options));
    });
  const config = program.command('config').description('the config');
  config.command('check')
    .description('read all layers of the config and say what is wrong')
    .action(async (_options: object, command: Command) => {
      const { configCheck } = await import('./commands/config-check.ts');
      ended(await configCheck(contextOf(command)));
    });
  config.command('print')
    .description('the config as it is used; no secret is in it')
    .option('--origin', 'where each value comes from')
    .action(async (options: ConfigPrintOptions, command: Command) => {
      const { configPrint } = await import('./commands/config-print.ts');
      ended(await configPrint(contextOf(command), options));
    });
  config.command('schema')
    .description('the JSON Schema of a config file, for editors')
    .action(async (_options: object, command: Command) => {
      const { configSchema } = await import('./commands/config-schema.ts');
      ended(configSchema(contextOf(command)));
    });
}
