import type { CliContext } from '../cli-context.ts';
import { exitCodes } from '../exit-code.ts';
import { formatCost, formatCount, formatDuration, formatTable, formatTokens } from '../format.ts';
import { jsonLine } from '../json-line.ts';
import { openWithoutModels } from '../open-framework.ts';
import { plainLine } from '../plain-text.ts';

/** `fw stats`: sums over all runs. */
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
      formatTable([['STATE', 'VISITS', 'REWORK', 'MEAN', 'CPU'], ...sums.states.map((state) => [plainLine(state.state, 40), String(state.visits), String(state.rework), formatDuration(state.meanMs), formatDuration(state.cpuMs)])]),
      formatTable([['AGENT', 'CALLS', 'USED'], ...sums.agents.map((agent) => [plainLine(agent.agent, 40), String(agent.calls), `${formatTokens(agent.usage)}, ${formatCost(agent.usage.costNanoUsd)}`])]),
      formatTable([['MODEL', 'CALLS', 'FAILURES', 'USED'], ...sums.models.map((model) => [plainLine(model.model, 60), String(model.calls), String(model.failures), `${formatTokens(model.usage)}, ${formatCost(model.usage.costNanoUsd)}`])]),
    ].join('\n'));
    return exitCodes.success;
  } finally {
    await framework.close();
  }
}
