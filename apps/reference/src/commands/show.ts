import type { RunDetails, StateSummary } from '@fw/framework';
import { AppError } from '../app-error.ts';
import type { CliContext } from '../cli-context.ts';
import { describeGates, withoutStack } from '../event-text.ts';
import { exitCodes } from '../exit-code.ts';
import { howToAnswer } from '../how-to-answer.ts';
import { formatBytes, formatCost, formatCount, formatDuration, formatTokens } from '../format.ts';
import { jsonLine } from '../json-line.ts';
import { openStore } from '../open-framework.ts';
import { plainLine } from '../plain-text.ts';
import { resolveRun } from '../resolve-run.ts';
import { showUncovered, showWhy } from './show-trace.ts';

export interface ShowOptions {
  readonly why?: string;
  readonly uncovered?: boolean;
}

/** `fw show`: one run, what it did and why it was sent back; or what of its change leads where. */
export async function show(context: CliContext, id: string, { why, uncovered = false }: ShowOptions): Promise<number> {
  if (why !== undefined && uncovered) throw new AppError('FW_USAGE', { message: '--why and --uncovered are two questions: ask one at a time.' });
  if (why?.trim() === '') throw new AppError('FW_USAGE', { message: '--why needs a file, or a line of one: --why src/a.ts:12.' });
  if (why !== undefined) return showWhy(context, id, why);
  if (uncovered) return showUncovered(context, id);
  const framework = await openStore(context);
  try {
    const details = await framework.show((await resolveRun(framework, id)).id);
    context.terminal.print(context.output === 'text' ? describeRun(details) : jsonLine(details));
    return exitCodes.success;
  } finally {
    await framework.close();
  }
}

/** A run for a reader. */
function describeRun(run: RunDetails): string {
  const why = [run.code, run.message].filter((part) => part !== undefined).map((part) => plainLine(withoutStack(part))).join(': ');
  return [
    `${run.id}  ${run.status}${run.waitingFor === undefined ? '' : ` for ${plainLine(run.waitingFor)}`}${why === '' ? '' : `  ${why}`}`,
    `  goal      ${plainLine(run.goal)}`,
    `  workspace ${plainLine(run.workspace)}`,
    `  used      ${formatTokens(run.usage)}, ${formatCost(run.usage.costNanoUsd)}`,
    ...describeQuestions(run),
    '',
    'States',
    ...run.states.flatMap(describeState),
    ...describeCriteria(run),
    ...(run.verdict === null ? [] : ['', `Verdict: ${run.verdict.verdict}`, describeGates(run.verdict.gates).trimEnd()]),
    '',
    `  patch     ${run.patch === null ? 'none' : plainLine(run.patch)}`,
    `  report    ${run.report === null ? 'none' : plainLine(run.report)}`,
    `  journal   ${run.head}`,
    '',
  ].join('\n');
}

function describeQuestions({ id, questions }: RunDetails): string[] {
  return questions.flatMap(({ gate, text, options }) => [
    `  waits for ${plainLine(gate, 60)}: ${plainLine(text, 4_000)}`,
    ...(options.length === 0 ? [] : [`            ${options.map((option) => plainLine(option, 200)).join(' | ')}`]),
    `            ${howToAnswer(id, gate)}`,
  ]);
}

function describeState(state: StateSummary): string[] {
  const calls = [
    ...(state.modelCalls === 0 ? [] : [`${formatCount(state.modelCalls, 'call')}, ${formatTokens(state.usage)}, ${formatCost(state.usage.costNanoUsd)}`]),
    ...(state.toolCalls === 0 ? [] : [formatCount(state.toolCalls, 'tool call')]),
    ...(state.cpuMs === 0 ? [] : [`commands: ${formatDuration(state.cpuMs)} CPU, ${formatBytes(state.peakMemoryBytes)} at most`]),
  ];
  const name = state.visit > 1 ? `${state.state} (${String(state.visit)})` : state.state;
  return [
    `  ${name.padEnd(18)} ${formatDuration(state.durationMs).padStart(8)}  ${(state.event ?? 'here now').padEnd(18)} ${calls.join('; ')}`.trimEnd(),
    ...state.reasons.map((reason) => `      sent back: ${plainLine(withoutStack(reason), 500)}`),
  ];
}

/** Each with what the trace says of it. */
function describeCriteria({ trace }: RunDetails): string[] {
  if (trace.length === 0) return [];
  return ['', 'Criteria', ...trace.map(({ criterion, text, status }) => `  ${status.padEnd(8)} ${plainLine(criterion, 20).padEnd(6)} ${plainLine(text, 300)}`)];
}
