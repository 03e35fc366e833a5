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
    ...describeResources(run),
    ...describeChoices(run),
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

/** What the processes that worked on it took, and its commands by program. */
function describeResources({ resources: { processes, lost, commands } }: RunDetails): string[] {
  const programs = [...Map.groupBy(commands, ({ program }) => program)].map(([program, groups]) => ({ program, ...sumCommands(groups) }));
  if (processes.length + lost.length === 0) return [];
  return [
    '', 'Resources',
    ...processes.map((one) => `  process   ${formatDuration(one.cpuMs)} CPU in ${formatDuration(one.endedAt - one.startedAt)}, ${formatBytes(one.peakMemoryBytes)} at most, timers up to ${one.maxLoopDelayMs.toFixed(0)} ms late, ${formatCount(one.peakHandles, 'handle')}`),
    ...lost.map((one) => `  process   ${String(one.pid)}, from ${new Date(one.startedAt).toISOString()}: it ended without a word; what it took is not known`),
    ...programs.map((one) => `  commands  ${plainLine(one.program, 40)}: ${formatCount(one.count, 'run')}, ${formatDuration(one.cpuMs)} CPU, ${formatBytes(one.peakMemoryBytes)} and ${formatCount(one.peakProcesses, 'process').replace('processs', 'processes')} at most, ${formatBytes(one.outputCharacters)} of output, ${formatBytes(one.writtenBytes)} written`),
  ];
}

function sumCommands(groups: RunDetails['resources']['commands']): { count: number; cpuMs: number; peakMemoryBytes: number; peakProcesses: number; outputCharacters: number; writtenBytes: number } {
  const sum = { count: 0, cpuMs: 0, peakMemoryBytes: 0, peakProcesses: 0, outputCharacters: 0, writtenBytes: 0 };
  for (const one of groups) {
    for (const key of ['count', 'cpuMs', 'outputCharacters', 'writtenBytes'] as const) sum[key] += one[key];
    for (const key of ['peakMemoryBytes', 'peakProcesses'] as const) sum[key] = Math.max(sum[key], one[key]);
  }
  return sum;
}

/** What was chosen for it from past runs. */
function describeChoices({ feedback }: RunDetails): string[] {
  if (feedback === null || feedback.knobs.length === 0) return [];
  return ['', `Chosen from ${formatCount(feedback.past, 'past run')} (${feedback.mode}, ${plainLine(feedback.context)})`, ...feedback.knobs.map(({ knob, chosen, applied, reason, numbers }) => {
    const believed = numbers.map(({ option, runs, belief }) => `${plainLine(option, 60)} ${belief.toFixed(2)} of ${formatCount(runs, 'run')}`).join('; ');
    return `  ${knob.padEnd(22)} ${plainLine(applied, 60)}${chosen === applied ? '' : `, would be ${plainLine(chosen, 60)}`} (${reason})  ${believed}`;
  })];
}

/** Each with what the trace says of it. */
function describeCriteria({ trace }: RunDetails): string[] {
  if (trace.length === 0) return [];
  return ['', 'Criteria', ...trace.map(({ criterion, text, status }) => `  ${status.padEnd(8)} ${plainLine(criterion, 20).padEnd(6)} ${plainLine(text, 300)}`)];
}
