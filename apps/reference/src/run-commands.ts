import type { Command } from 'commander';
import type { CliContext } from './cli-context.ts';
import type { AnswerOptions } from './commands/answer.ts';
import type { ExportOptions } from './commands/export.ts';
import type { ForkOptions } from './commands/fork.ts';
import type { LogsOptions } from './commands/logs.ts';
import type { PruneOptions } from './commands/prune.ts';
import type { RunsOptions } from './commands/runs.ts';
import type { ShowOptions } from './commands/show.ts';
import type { StopOptions } from './commands/stop.ts';

/** The commands about the runs that are kept. */
export function addRunCommands(program: Command, contextOf: (command: Command) => CliContext, ended: (exitCode: number) => void): void {
  program.command('runs')
    .description('the runs, newest first')
    .option('--limit <n>', 'how many; default 100 in text, else all')
    .action(async (options: RunsOptions, command: Command) => {
      const { runs } = await import('./commands/runs.ts');
      ended(await runs(contextOf(command), options));
    });
  program.command('show')
    .description('one run: its states, why it was sent back, its verdict')
    .argument('<run>', 'its id, or the beginning of it')
    .option('--why <place>', 'why a line or a file is as the run leaves it: src/a.ts:12, or src/a.ts')
    .option('--uncovered', 'criteria and changed lines that nothing measured stands behind')
    .action(async (id: string, options: ShowOptions, command: Command) => {
      const { show } = await import('./commands/show.ts');
      ended(await show(contextOf(command), id, options));
    });
  const ofRun = (name: string, description: string): Command => program.command(name).description(description).argument('<run>', 'its id, or the beginning of it');
  ofRun('logs', 'the steps of a run as they settled')
    .option('--step <seq>', 'one of them, with what it was asked with and what it gave: prompts too')
    .action(async (id: string, options: LogsOptions, command: Command) => {
      const { logs } = await import('./commands/logs.ts');
      ended(await logs(contextOf(command), id, options));
    });
  ofRun('attach', 'follow a run of whichever process; leaving it changes nothing')
    .action(async (id: string, _options: object, command: Command) => {
      const { attach } = await import('./commands/attach.ts');
      ended(await attach(contextOf(command), id));
    });
  ofRun('stop', 'cancel a run of whichever process')
    .option('-m, --message <text>', 'why')
    .action(async (id: string, options: StopOptions, command: Command) => {
      const { stop } = await import('./commands/stop.ts');
      ended(await stop(contextOf(command), id, options));
    });
  ofRun('replay', 'go through a run\'s journal again, offline, and compare every byte')
    .action(async (id: string, _options: object, command: Command) => {
      const { replay } = await import('./commands/replay.ts');
      ended(await replay(contextOf(command), id));
    });
  ofRun('fork', 'a new run that takes over a run up to an entry and goes on from there')
    .requiredOption('--at <seq>', 'the last entry to take over, as "fw logs" shows them; 0 begins anew')
    .option('--set <change>', 'what it does otherwise: model.<agent>=<provider/name>; may be given several times', collect)
    .option('--id <id>', 'the new run\'s id')
    .option('--confirm <key>', 'a step that may run only once and is taken over; may be given several times', collect)
    .action(async (id: string, options: ForkOptions, command: Command) => {
      const { fork } = await import('./commands/fork.ts');
      ended(await fork(contextOf(command), id, options));
    });
  ofRun('export', 'a whole run, files included, as JSON; or a report of it')
    .option('--html', 'one page for people: no script, no request to anywhere')
    .option('--to <file>', 'a file in place of the output')
    .action(async (id: string, options: ExportOptions, command: Command) => {
      const { exportRun } = await import('./commands/export.ts');
      ended(await exportRun(contextOf(command), id, options));
    });
  program.command('import')
    .description('take in a run that "fw export" wrote; nothing of it runs')
    .argument('<file>', 'the file')
    .action(async (file: string, _options: object, command: Command) => {
      const { importRun } = await import('./commands/import.ts');
      ended(await importRun(contextOf(command), file));
    });
  ofRun('rm', 'remove a run that has ended, with its files')
    .action(async (id: string, _options: object, command: Command) => {
      const { rm } = await import('./commands/rm.ts');
      ended(await rm(contextOf(command), id));
    });
  program.command('prune')
    .description('remove old ended runs and evaluations, and files that no run needs')
    .option('--older-than <age>', 'since they ended: 30d, 12h, …', '30d')
    .option('--keep <count>', 'how many of the newest ended runs stay in any case', '0')
    .action(async (options: PruneOptions, command: Command) => {
      const { prune } = await import('./commands/prune.ts');
      ended(await prune(contextOf(command), options));
    });
  const workflow = program.command('workflow').description('state machines');
  workflow.command('show')
    .description('a definition as a Mermaid diagram, or as JSON with --output json')
    .argument('[file]', 'a definition in JSON; without one, the machine of fw run')
    .action(async (file: string | undefined, _options: object, command: Command) => {
      const { workflowShow } = await import('./commands/workflow.ts');
      ended(await workflowShow(contextOf(command), file));
    });
  workflow.command('check')
    .description('whether a definition can be used, and which place of it is wrong')
    .argument('<file>', 'a definition in JSON')
    .action(async (file: string, _options: object, command: Command) => {
      const { workflowCheck } = await import('./commands/workflow.ts');
      ended(await workflowCheck(contextOf(command), file));
    });
  program.command('answer')
    .description('answer the question that a run is waiting for')
    .argument('<run>', 'its id, or the beginning of it')
    .argument('<text>', 'the answer')
    .action(async (id: string, message: string, _options: object, command: Command) => {
      const { answer } = await import('./commands/answer.ts');
      ended(await answer(contextOf(command), undefined, id, undefined, { message }));
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
}

/** An option that may be given several times. */
function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
