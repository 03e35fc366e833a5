import path from 'node:path';
import { Command } from 'commander';
import { AppError } from './app-error.ts';
import type { CliContext, Environment } from './cli-context.ts';
import type { DemoOptions } from './commands/demo.ts';
import type { EvalOptions } from './commands/eval.ts';
import type { JudgeOptions } from './commands/judge.ts';
import type { ResumeOptions } from './commands/resume.ts';
import type { JudgeVerifyOptions } from './commands/judge-verify.ts';
import type { ModelsLockOptions } from './commands/models-lock.ts';
import type { ModelsPriceOptions } from './commands/models-price.ts';
import type { ReviewOptions } from './commands/review.ts';
import type { RunOptions } from './commands/run.ts';
import type { UiOptions } from './commands/ui.ts';
import type { WorkerOptions } from './commands/worker.ts';
import { addConfigCommands } from './config-commands.ts';
import { addPluginCommands } from './plugin-commands.ts';
import { readDotenv } from './read-dotenv.ts';
import { addRunCommands } from './run-commands.ts';
import { createTerminal } from './terminal.ts';

export interface ProgramOptions {
  readonly version: string;
  readonly directory: string;
  readonly environment: Environment;
  /** Where it writes; default this process's own. */
  readonly streams?: { readonly stdout: NodeJS.WriteStream; readonly stderr: NodeJS.WriteStream };
  /** Gets the exit code of the command that ran. */
  ended(exitCode: number): void;
}

interface GlobalOptions {
  readonly output: string;
  readonly config?: string;
  readonly dotenv?: string;
  readonly trust?: boolean;
  readonly quiet?: boolean;
  readonly color: boolean;
  readonly screenReader?: boolean;
}

/** The command line. What a command needs is imported when it runs. */
export function createProgram({ version, directory, environment, streams = process, ended }: ProgramOptions): Command {
  // For "models price" a number is the output of a model: the same word, told apart by what it says.
  let outputTokens: string | undefined;
  const readOutput = (value: string, before: string): string => {
    if (!/^\d+$/.test(value)) return value;
    outputTokens = value;
    return before;
  };
  const program = new Command('fw')
    .description('Teams of AI agents that build software: a task goes in, a tested change or an honest refusal comes out.')
    .version(version)
    .option('--output <format>', 'text, json or ndjson; html for judge', readOutput, 'text')
    .option('--config <file>', 'a config file in place of the project\'s')
    // Not --env-file: Node reads that one itself, wherever it stands.
    .option('--dotenv <file>', 'read variables such as keys from a file as well; those that are set already win')
    .option('--trust', 'trust this config, which is code, and remember it')
    .option('--quiet', 'print results only')
    .option('--no-color', 'no colours; NO_COLOR works as well')
    .option('--screen-reader', 'words in place of marks and columns, and no line is rewritten')
    .exitOverride()
    .configureOutput({ outputError: () => { /* main says it in one line */ } });

  function contextOf(command: Command): CliContext {
    const { output, config, dotenv, trust, quiet, color, screenReader } = command.optsWithGlobals<GlobalOptions>();
    if (outputTokens !== undefined && command.name() !== 'price') throw new AppError('FW_USAGE', { message: `--output "${outputTokens}" is not possible: text, json or ndjson.` });
    if (output === 'html' && command.name() !== 'judge') throw new AppError('FW_USAGE', { message: `--output html is for "fw judge"; "${command.name()}" writes text, json or ndjson. A report of a run: fw export <run> --html.` });
    if (output !== 'text' && output !== 'json' && output !== 'ndjson' && output !== 'html') throw new AppError('FW_USAGE', { message: `--output "${output}" is not possible: text, json or ndjson.` });
    const variables = dotenv === undefined ? environment : { ...readDotenv(path.resolve(directory, dotenv)), ...environment };
    return {
      directory,
      environment: variables,
      terminal: createTerminal({ stdout: streams.stdout, stderr: streams.stderr, environment: variables, color, screenReader: screenReader === true }),
      output,
      trust: trust === true,
      quiet: quiet === true,
      ...(config === undefined ? {} : { config: path.resolve(directory, config) }),
    };
  }

  program.command('demo')
    .description('a small task from start to end, with a scripted model; needs no key')
    .option('--scenario <name>', 'what happens in it: revise, fallback, rate-limit or crash', 'revise')
    .action(async (options: DemoOptions, command: Command) => {
      const { demo } = await import('./commands/demo.ts');
      ended(await demo(contextOf(command), options));
    });
  program.command('run')
    .description('do a task in a copy of the workspace; ends with a patch')
    .argument('[task]', 'what has to be done')
    .option('--file <spec>', 'read the task from a file')
    .option('--workspace <folder>', 'the folder to work on', '.')
    .option('--model <provider/name>', 'the model for all agents')
    .option('--apply', 'apply the patch to the workspace when it succeeds')
    .option('--branch <name>', 'commit the change on a new branch when it succeeds; your files stay as they are')
    .option('--unsandboxed', 'run commands without a sandbox; they can do what you can do')
    .option('--id <id>', 'the run\'s id; the same id again is the same run')
    .action(async (task: string | undefined, options: RunOptions, command: Command) => {
      const { run } = await import('./commands/run.ts');
      ended(await run(contextOf(command), task, options));
    });
  program.command('resume')
    .description('continue a run that was stopped, killed, paused or is waiting')
    .argument('<run>', 'its id, or the beginning of it')
    .option('--pinned', 'also a run that was begun with other agents, prompts or tools than are here now')
    .action(async (id: string, options: ResumeOptions, command: Command) => {
      const { resume } = await import('./commands/resume.ts');
      ended(await resume(contextOf(command), id, options));
    });
  program.command('worker')
    .description('work on runs that others began, until it is told to stop')
    .option('--engine <engine>', 'local or restate; the config\'s by default')
    .option('--ingress <url>', 'restate: where it takes calls')
    .option('--admin <url>', 'restate: where it is administered')
    .option('--port <port>', 'restate: where it reaches this worker, on loopback')
    .action(async (options: WorkerOptions, command: Command) => {
      const { worker } = await import('./commands/worker.ts');
      ended(await worker(contextOf(command), options));
    });
  program.command('ui')
    .description('the dashboard: runs as they happen, in a browser')
    .option('--port <port>', 'where it is served; 0 takes one that is free', '0')
    .option('--host <address>', 'an address of this machine other than loopback', '127.0.0.1')
    .option('--read-only', 'shows everything and changes nothing')
    .action(async (options: UiOptions, command: Command) => {
      const { ui } = await import('./commands/ui.ts');
      ended(await ui(contextOf(command), options));
    });
  const judgeCommand = program.command('judge')
    .description('the gate alone: measure a folder and give a verdict; no model')
    .argument('[folder]', 'the folder to judge', '.')
    .option('--base <revision>', 'compare with a git revision; HEAD by default')
    .option('--policy <file>', 'a JSON file: which gates are required, and thresholds')
    .option('--only <gates>', 'some gates alone, with commas between')
    .option('--sealed <folder>', 'acceptance tests that the change has not seen; they are run on a copy and have to pass')
    .action(async (folder: string, options: JudgeOptions, command: Command) => {
      const { judge } = await import('./commands/judge.ts');
      ended(await judge(contextOf(command), folder, options));
    });
  judgeCommand.command('verify')
    .description('recompute what a report says: its chain, its verdict, and with --rerun all that was measured')
    .argument('<report>', 'what "fw judge --output json" printed, or the report of a run')
    .option('--rerun', 'measure everything again on the same files')
    .option('--workspace <folder>', 'the folder that the report is about', '.')
    .option('--base <revision>', 'the git revision that it compares with; HEAD by default')
    .option('--head <hash>', 'the head as it was published')
    .option('--sealed <folder>', 'the sealed tests that the report rests on, for --rerun')
    .action(async (report: string, options: JudgeVerifyOptions, command: Command) => {
      const { judgeVerify } = await import('./commands/judge-verify.ts');
      ended(await judgeVerify(contextOf(command), report, { ...command.parent?.opts<Pick<JudgeVerifyOptions, 'base' | 'sealed'>>(), ...options }));
    });
  program.command('eval')
    .description('measure a team on a folder of tasks with hidden tests')
    .argument('<suite>', 'the folder with suite.json and tasks')
    .option('--runs <k>', 'how often each task is run; the suite\'s by default, else 1')
    .option('--task <pattern>', 'some tasks alone: a name, "*" stands for anything')
    .option('--model <provider/name>', 'the model for all agents')
    .option('--against <config>', 'a second configuration, compared task by task')
    .option('--against-model <provider/name>', 'the model of the second one')
    .option('--gold', 'the suite\'s own solutions in place of a team; no model')
    .option('--empty', 'no change in place of a team; no model')
    .option('--check', 'whether each gold patch passes its tests and nothing does without; exit 1 when one is broken')
    .option('--concurrency <n>', 'runs side by side; the suite\'s by default, else 1')
    .option('--min-pass <share>', 'exit 1 when the share of solved runs is below')
    .option('--resume <evaluation>', 'go on with one that was stopped, by its id or the beginning of it; what is judged is not run again')
    .option('--unsandboxed', 'run commands without a sandbox; they can do what you can do')
    .action(async (suite: string, options: EvalOptions, command: Command) => {
      const { evaluateSuite } = await import('./commands/eval.ts');
      ended(await evaluateSuite(contextOf(command), suite, options));
    });
  program.command('review')
    .description('the reviewer alone: what changed in a folder, looked at in three passes; nothing in it is written')
    .argument('[folder]', 'the folder to review', '.')
    .option('--base <revision>', 'compare with a git revision; HEAD by default')
    .option('--model <provider/name>', 'the model that reviews')
    .option('--id <id>', 'the id it is kept under; the same id again is the same review')
    .action(async (folder: string, options: ReviewOptions, command: Command) => {
      const { review } = await import('./commands/review.ts');
      ended(await review(contextOf(command), folder, options));
    });
  addRunCommands(program, contextOf, ended);
  program.command('stats')
    .description('sums over all runs by state, agent and model')
    .action(async (_options: object, command: Command) => {
      const { stats } = await import('./commands/stats.ts');
      ended(await stats(contextOf(command)));
    });
  const ls = async (_options: object, command: Command): Promise<void> => {
    const { modelsLs } = await import('./commands/models-ls.ts');
    ended(await modelsLs(contextOf(command)));
  };
  const models = program.command('models')
    .description('providers, models and who uses them')
    .argument('[command]')
    .action(async (unknown: string | undefined, options: object, command: Command) => {
      if (unknown !== undefined) throw new AppError('FW_USAGE', { message: `"models ${unknown}" is not possible: ls, test, price or lock.` });
      await ls(options, command);
    });
  models.command('ls').description('what is configured, or runs on this machine, with prices and limits').action(ls);
  models.command('test')
    .description('one tiny real call for each model, with its receipt; real models cost a little')
    .argument('[model...]', 'names, or references such as openai/<name>; all that are configured by default')
    .action(async (names: string[], _options: object, command: Command) => {
      const { modelsTest } = await import('./commands/models-test.ts');
      ended(await modelsTest(contextOf(command), names));
    });
  models.command('price')
    .description('what a model costs')
    .argument('<model>', 'a name, or a reference such as openai/<name>')
    .option('--input <tokens>', 'all input tokens, cached ones included')
    .addHelpText('after', '  --output <tokens>       output tokens, reasoning included')
    .option('--cache-read <tokens>', 'those of the input that come from the cache')
    .option('--cache-write <tokens>', 'those of the input that go into the cache')
    .action(async (name: string, options: ModelsPriceOptions, command: Command) => {
      const { modelsPrice } = await import('./commands/models-price.ts');
      ended(await modelsPrice(contextOf(command), name, { ...options, ...(outputTokens === undefined ? {} : { output: outputTokens }) }));
    });
  models.command('lock')
    .description('pin what the names stand for in fw.lock.json')
    .option('--check', 'write nothing; exit 1 when something is not as it says')
    .action(async (options: ModelsLockOptions, command: Command) => {
      const { modelsLock } = await import('./commands/models-lock.ts');
      ended(await modelsLock(contextOf(command), options));
    });
  addPluginCommands(program, contextOf, ended);
  program.command('doctor')
    .description('what fw needs from this machine, and what it found')
    .action(async (_options: object, command: Command) => {
      const { doctor } = await import('./commands/doctor.ts');
      ended(await doctor(contextOf(command)));
    });
  addConfigCommands(program, contextOf, ended);
  return program;
}
