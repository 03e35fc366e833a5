import path from 'node:path';
import { Command } from 'commander';
import { AppError } from './app-error.ts';
import type { CliContext, Environment } from './cli-context.ts';
import type { AnswerOptions } from './commands/answer.ts';
import type { JudgeOptions } from './commands/judge.ts';
import type { RunOptions } from './commands/run.ts';
import { createTerminal } from './terminal.ts';

export interface ProgramOptions {
  readonly version: string;
  readonly directory: string;
  readonly environment: Environment;
  /** Gets the exit code of the command that ran. */
  ended(exitCode: number): void;
}

interface GlobalOptions {
  readonly output: string;
  readonly config?: string;
  readonly trust?: boolean;
  readonly quiet?: boolean;
  readonly color: boolean;
}

/** The command line. What a command needs is imported when it runs. */
export function createProgram({ version, directory, environment, ended }: ProgramOptions): Command {
  const program = new Command('fw')
    .description('Teams of AI agents that build software: a task goes in, a tested change or an honest refusal comes out.')
    .version(version)
    .option('--output <format>', 'text, json or ndjson', 'text')
    .option('--config <file>', 'a config file in place of the project\'s')
    .option('--trust', 'trust this config, which is code, and remember it')
    .option('--quiet', 'print results only')
    .option('--no-color', 'no colours; NO_COLOR works as well')
    .exitOverride()
    .configureOutput({ outputError: () => { /* main says it in one line */ } });

  function contextOf(command: Command): CliContext {
    const { output, config, trust, quiet, color } = command.optsWithGlobals<GlobalOptions>();
    if (output === 'html') throw new AppError('FW_USAGE', { message: '--output html is not available yet; text, json and ndjson are.' });
    if (output !== 'text' && output !== 'json' && output !== 'ndjson') throw new AppError('FW_USAGE', { message: `--output "${output}" is not possible: text, json or ndjson.` });
    return {
      directory,
      environment,
      terminal: createTerminal({ stdout: process.stdout, stderr: process.stderr, environment, color }),
      output,
      trust: trust === true,
      quiet: quiet === true,
      ...(config === undefined ? {} : { config: path.resolve(directory, config) }),
    };
  }

  program.command('demo')
    .description('a small task from start to end, with a scripted model; needs no key')
    .action(async (_options: object, command: Command) => {
      const { demo } = await import('./commands/demo.ts');
      ended(await demo(contextOf(command)));
    });
  program.command('run')
    .description('do a task in a copy of the workspace; ends with a patch')
    .argument('[task]', 'what has to be done')
    .option('--file <spec>', 'read the task from a file')
    .option('--workspace <folder>', 'the folder to work on', '.')
    .option('--model <provider/name>', 'the model for all agents')
    .option('--apply', 'apply the patch to the workspace when it succeeds')
    .option('--unsandboxed', 'run commands without a sandbox; they can do what you can do')
    .option('--id <id>', 'the run\'s id; the same id again is the same run')
    .action(async (task: string | undefined, options: RunOptions, command: Command) => {
      const { run } = await import('./commands/run.ts');
      ended(await run(contextOf(command), task, options));
    });
  program.command('resume')
    .description('continue a run that was stopped, killed, paused or is waiting')
    .argument('<run>', 'its id, or the beginning of it')
    .action(async (id: string, _options: object, command: Command) => {
      const { resume } = await import('./commands/resume.ts');
      ended(await resume(contextOf(command), id));
    });
  program.command('judge')
    .description('the gate alone: measure a folder and give a verdict; no model')
    .argument('[folder]', 'the folder to judge', '.')
    .option('--base <revision>', 'compare with a git revision; HEAD by default')
    .option('--policy <file>', 'a JSON file: which gates are required, and thresholds')
    .option('--only <gates>', 'some gates alone, with commas between')
    .action(async (folder: string, options: JudgeOptions, command: Command) => {
      const { judge } = await import('./commands/judge.ts');
      ended(await judge(contextOf(command), folder, options));
    });
  program.command('runs')
    .description('all runs, newest first')
    .action(async (_options: object, command: Command) => {
      const { runs } = await import('./commands/runs.ts');
      ended(await runs(contextOf(command)));
    });
  program.command('show')
    .description('one run: its states, why it was sent back, its verdict')
    .argument('<run>', 'its id, or the beginning of it')
    .action(async (id: string, _options: object, command: Command) => {
      const { show } = await import('./commands/show.ts');
      ended(await show(contextOf(command), id));
    });
  for (const decision of ['approve', 'reject'] as const) {
    program.command(decision)
      .description(`${decision} what a run is waiting for`)
      .argument('<run>', 'its id, or the beginning of it')
      .argument('[gate]', 'which of its gates, when it waits at more than one')
      .option('-m, --message <text>', 'why')
      .action(async (id: string, gate: string | undefined, options: AnswerOptions, command: Command) => {
        const { answer } = await import('./commands/answer.ts');
        ended(await answer(contextOf(command), decision, id, gate, options));
      });
  }
  program.command('stats')
    .description('sums over all runs by state, agent and model')
    .action(async (_options: object, command: Command) => {
      const { stats } = await import('./commands/stats.ts');
      ended(await stats(contextOf(command)));
    });
  program.command('models')
    .description('providers, models and who uses them')
    .addArgument(program.createArgument('[action]', 'ls').choices(['ls']).default('ls'))
    .action(async (_action: string, _options: object, command: Command) => {
      const { models } = await import('./commands/models.ts');
      ended(await models(contextOf(command)));
    });
  program.command('plugin').description('plugins').command('ls')
    .description('the plugins of the config and what became of them')
    .action(async (_options: object, command: Command) => {
      const { pluginLs } = await import('./commands/plugin-ls.ts');
      ended(await pluginLs(contextOf(command)));
    });
  program.command('doctor')
    .description('what fw needs from this machine, and what it found')
    .action(async (_options: object, command: Command) => {
      const { doctor } = await import('./commands/doctor.ts');
      ended(await doctor(contextOf(command)));
    });
  program.command('config').description('the config').command('check')
    .description('read all layers of the config and say what is wrong')
    .action(async (_options: object, command: Command) => {
      const { configCheck } = await import('./commands/config-check.ts');
      ended(await configCheck(contextOf(command)));
    });
  return program;
}
