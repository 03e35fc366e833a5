import type { ArmResult, Comparison, Evaluation, Rate, Sample, TaskCheck } from '@fw/framework/evaluation';
import { formatCost, formatDuration, formatTable, formatTokens } from './format.ts';
import { plainLine } from './plain-text.ts';

export function describeCheck({ task, status, reasons, required, hidden }: TaskCheck): string {
  const found = status === 'ok' ? `ok: ${String(hidden)} hidden and ${String(required.length - hidden)} own tests` : `BROKEN: ${reasons.map((reason) => plainLine(reason, 300)).join('; ')}`;
  return `${task}: ${found}\n`;
}

export function describeSample({ arm, task, repeat, solved, code, message, usage, wallMs }: Sample, judged: number, planned: number): string {
  const why = solved ? 'solved' : `not solved: ${plainLine(code ?? '', 60)}, ${plainLine(message ?? '', 160)}`;
  return `[${String(judged)}/${String(planned)}] ${arm} ${task} #${String(repeat)}  ${why}  (${formatTokens(usage)}, ${formatCost(usage.costNanoUsd)}, ${formatDuration(wallMs)})\n`;
}

/** The result for people. */
export function renderEvaluation(evaluation: Evaluation): string {
  const { id, suite, mode, runs, status, stopped, simulated, excluded, arms, comparison } = evaluation;
  const what = { model: 'runs of the team', gold: 'the gold patches', empty: 'no change' }[mode];
  return [
    `\n${plainLine(suite.name, 100)} ${plainLine(suite.version, 40)}, evaluation ${id}: ${what}, ${String(runs)} of each task\n`,
    ...(simulated ? ['The model is SCRIPTED: these numbers say nothing about the quality of a real one.\n'] : []),
    ...(status === 'stopped' ? [`STOPPED before its end (${stopped?.code ?? ''}: ${plainLine(stopped?.message ?? '', 300)}): the numbers are of what was judged.\n`] : []),
    ...excluded.map(({ task, reasons }) => `Left out: ${task} is broken (${plainLine(reasons.join('; '), 300)}).\n`),
    '\n',
    formatTable([['TASK', ...arms.map(({ arm }) => `${arm.toUpperCase()} SOLVED`)], ...(arms[0]?.tasks ?? []).map(({ task }, index) => [task, ...arms.map((arm) => solvedOf(arm.tasks[index]))])]),
    ...arms.map(describeArm),
    ...(comparison === null ? [] : [describeComparison(comparison)]),
  ].join('');
}

function solvedOf(task: ArmResult['tasks'][number] | undefined): string {
  return task === undefined || task.runs === 0 ? '–' : `${String(task.solved)} of ${String(task.runs)}${task.runs > 1 ? ` (${rateOf(task.rate)})` : ''}`;
}

function describeArm(arm: ArmResult): string {
  const { counts, gate } = arm;
  const stuck = Object.entries(counts.stuck).map(([rule, times]) => `${rule} ${String(times)}`).join(', ');
  const tally = (record: { readonly [name: string]: number }): string => Object.entries(record).map(([name, times]) => `${name} ${String(times)}`).join(', ') || 'none';
  const perSolved = arm.costPerSolvedNanoUsd === null ? 'none is solved' : formatCost(arm.costPerSolvedNanoUsd);
  const rows = [
    ['pass@1', `${rateOf(arm.passAt1)}, ${String(arm.solved)} of ${String(arm.runs)} runs`],
    ['all of k, any of k', `${rateOf(arm.allOfK)}; ${rateOf(arm.anyOfK)}`],
    ...(gate === null ? [] : [
      ['models', arm.models.map((model) => plainLine(model, 80)).join(', ')],
      ['cost for a solved run', `${perSolved}; ${formatTokens(arm.usage)}, ${formatCost(arm.usage.costNanoUsd)} in all`],
      ['mean time of a run', arm.meanWallMs === null ? '–' : formatDuration(arm.meanWallMs)],
      ['gate', `accepted ${String(gate.accepted)}, of them ${String(gate.acceptedUnsolved)} not solved; refused ${String(gate.refused)}, of them ${String(gate.refusedSolved)} solved`],
      ['format failures', `${String(counts.formatFailures)} in ${String(counts.modelCalls)} answers; ${String(counts.refusedSubmissions)} results given back`],
      ['stuck, not executed', `${stuck === '' ? 'none' : stuck}; ${String(counts.notExecuted)} calls`],
      ['exit codes', tally(arm.exitCodes)],
    ]),
    ['not solved', tally(arm.unsolved)],
  ];
  return `\n${arm.arm.toUpperCase()}\n${formatTable(rows)}`;
}

function describeComparison({ arms, tasks, pairs, only, difference, p, conclusion }: Comparison): string {
  const interval = difference === null ? 'nothing to compare' : `${signed(difference.value)} [${signed(difference.low)}, ${signed(difference.high)}], p ${(p ?? 1).toFixed(3)}`;
  return `\n${arms[0].toUpperCase()} less ${arms[1].toUpperCase()}: ${interval}, on ${String(tasks)} tasks, ${String(pairs)} pairs of runs (only ${arms[0].toUpperCase()} solved ${String(only[0])}, only ${arms[1].toUpperCase()} ${String(only[1])})\n${conclusion}\n`;
}

const signed = (share: number): string => `${share > 0 ? '+' : ''}${(share * 100).toFixed(1)} %`;

function rateOf(rate: Rate | null): string {
  return rate === null ? '–' : `${(rate.value * 100).toFixed(1)} % [${(rate.low * 100).toFixed(1)}, ${(rate.high * 100).toFixed(1)}]`;
}
