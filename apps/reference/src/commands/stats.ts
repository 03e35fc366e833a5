import type { FeedbackEffect, Stats } from '@fw/framework';
import type { CliContext } from '../cli-context.ts';
import { exitCodes } from '../exit-code.ts';
import { formatBytes, formatCost, formatCount, formatDuration, formatTable, formatTokens } from '../format.ts';
import { jsonLine } from '../json-line.ts';
import { openWithoutModels } from '../open-framework.ts';
import { plainLine } from '../plain-text.ts';

/** `fw stats`: sums over all runs, and what was learned from them. */
export async function stats(context: CliContext): Promise<number> {
  const framework = await openWithoutModels(context);
  try {
    const sums = await framework.stats();
    if (context.output !== 'text') {
      context.terminal.print(jsonLine(sums));
      return exitCodes.success;
    }
    const status = Object.entries(sums.byStatus).map(([name, count]) => `${String(count)} ${name}`).join(', ');
    context.terminal.print([
      `${formatCount(sums.runs, 'run')}${status === '' ? '' : `: ${status}`}\n`,
      formatTable([['STATE', 'VISITS', 'DONE', 'REWORK', 'MEAN', 'CPU'], ...sums.states.map((state) => [plainLine(state.state, 40), String(state.visits), String(state.done), String(state.rework), formatDuration(state.meanMs), formatDuration(state.cpuMs)])]),
      formatTable([['AGENT', 'CALLS', 'FAILURES', 'MEAN', 'USED'], ...sums.agents.map((agent) => [plainLine(agent.agent, 40), String(agent.calls), String(agent.failures), formatDuration(agent.meanMs), `${formatTokens(agent.usage)}, ${formatCost(agent.usage.costNanoUsd)}`])]),
      formatTable([['MODEL', 'CALLS', 'FAILURES', 'MEAN', 'USED'], ...sums.models.map((model) => [plainLine(model.model, 60), String(model.calls), String(model.failures), formatDuration(model.meanMs), `${formatTokens(model.usage)}, ${formatCost(model.usage.costNanoUsd)}`])]),
      ...describeCommands(sums),
      ...describeFeedback(sums.feedback),
    ].join('\n'));
    return exitCodes.success;
  } finally {
    await framework.close();
  }
}

function describeCommands({ commands, processes }: Stats): string[] {
  if (processes.turns === 0) return [];
  return [
    formatTable([['COMMAND', 'RUNS', 'FAILED', 'CPU', 'MEMORY', 'PROCESSES', 'OUTPUT', 'WRITTEN'], ...commands.map((one) => [
      plainLine(one.program, 40), String(one.count), String(one.failed), formatDuration(one.cpuMs), formatBytes(one.peakMemoryBytes), String(one.peakProcesses), formatBytes(one.outputCharacters), formatBytes(one.writtenBytes),
    ])]),
    `fw itself: ${formatDuration(processes.cpuMs)} CPU, ${formatBytes(processes.peakMemoryBytes)} at most, timers up to ${processes.maxLoopDelayMs.toFixed(0)} ms late, ${formatCount(processes.peakHandles, 'handle')}\n`,
  ];
}

/** What the policy chose, what it changed and what that brought, by workspace. */
function describeFeedback(effects: readonly FeedbackEffect[]): string[] {
  return effects.map((effect) => {
    const { knob, workspace, runs, chosen, changed, brought, rolledBack } = effect;
    const effectText = brought === null ? 'too few changed runs to compare' : `changed runs were worth ${signed(brought.value)} ± ${(1.96 * brought.error).toFixed(3)} against the others`;
    return [
      `${knob} in ${plainLine(workspace)}: another option was chosen for ${String(chosen)} of ${formatCount(runs, 'run')}, and applied in ${String(changed)}; ${effectText}.\n`,
      formatTable([['OPTION', 'RUNS', 'SUCCESS', 'REWORK', 'MEAN', 'VALUE'], ...effect.options.map((one) => [plainLine(one.option, 60), String(one.runs), `${(one.success * 100).toFixed(0)} %`, one.rework.toFixed(1), formatDuration(one.meanMs), one.value.toFixed(3)])]),
      ...rolledBack.map(({ option, context, restsFor }) => `rolled back: ${plainLine(option, 60)} (${plainLine(context)}), for ${formatCount(restsFor, 'more run')}\n`),
    ].join('');
  });
}

const signed = (number: number): string => `${number < 0 ? '' : '+'}${number.toFixed(3)}`;
