import type { FileLines, TracedCriterion, Uncovered, Why, WhyTest, WritingStep } from '@fw/framework';
import type { CliContext } from '../cli-context.ts';
import { withoutStack } from '../event-text.ts';
import { exitCodes } from '../exit-code.ts';
import { jsonLine } from '../json-line.ts';
import { openStore } from '../open-framework.ts';
import { plainLine, plainText } from '../plain-text.ts';
import { resolveRun } from '../resolve-run.ts';

/** `fw show <run> --why <file:line>`: which step wrote a line, what for, and which tests stand behind it. */
export async function showWhy(context: CliContext, id: string, place: string): Promise<number> {
  const framework = await openStore(context);
  try {
    const why = await framework.why((await resolveRun(framework, id)).id, place);
    context.terminal.print(context.output === 'text' ? describeWhy(why) : jsonLine(why));
    return exitCodes.success;
  } finally {
    await framework.close();
  }
}

/** `fw show <run> --uncovered`: what nothing measured stands behind. */
export async function showUncovered(context: CliContext, id: string): Promise<number> {
  const framework = await openStore(context);
  try {
    const uncovered = await framework.uncovered((await resolveRun(framework, id)).id);
    context.terminal.print(context.output === 'text' ? describeUncovered(uncovered) : jsonLine(uncovered));
    return exitCodes.success;
  } finally {
    await framework.close();
  }
}

const shownLines = 60;
const shownTests = 20;

function describeWhy(why: Why): string {
  const file = plainLine(why.file, 500);
  const place = why.line === null ? file : `${file}:${String(why.line)}`;
  if (!why.changed) return `${place} was not written by run ${why.run}${describeFile(why)}.\n`;
  const patch = why.hunks.flatMap(({ header, lines }) => [header, ...lines]);
  return [
    `${place}${describeFile(why)}`,
    ...why.steps.flatMap(describeStep),
    ...why.criteria.map(({ criterion, text, status, by }) => `  for      ${plainLine(criterion, 64)} ${plainLine(text, 200)} (${status}, by ${by.join(' and ')})`),
    ...(why.criteria.length === 0 ? ['  for      no criterion that the trace knows'] : []),
    `  ran      ${describeCoverage(why)}`,
    ...why.tests.slice(0, shownTests).map(describeTest),
    ...(why.tests.length > shownTests ? [`           and ${String(why.tests.length - shownTests)} tests more`] : []),
    ...(patch.length === 0 ? [] : ['', ...patch.slice(0, shownLines).map((line) => `  ${plainText(line).slice(0, 300)}`)]),
    ...(patch.length > shownLines ? [`  … ${String(patch.length - shownLines)} lines more; --output json has all`] : []),
    '',
  ].join('\n');
}

function describeFile({ change, renamedFrom, renamedTo }: Why): string {
  if (renamedTo !== undefined) return `, which the run renamed to ${plainLine(renamedTo, 500)}`;
  if (renamedFrom !== undefined) return `, which the run renamed from ${plainLine(renamedFrom, 500)}`;
  if (change === 'deleted') return ', which the run deleted';
  return change === 'added' ? ', a file that the run added' : '';
}

function describeStep({ seq, state, visit, agent, tool, lines, revision, requests }: WritingStep): string[] {
  const where = visit > 1 ? `${plainLine(state, 40)} (${String(visit)})` : plainLine(state, 40);
  return [
    `  written  in ${where} by ${plainLine(agent, 60)}${tool === null ? '' : ` with ${plainLine(tool, 60)}`}, entry ${String(seq)}${lines.length === 0 ? '' : `: ${describeLines(lines)}`}`,
    ...(revision === 0 ? [] : [`           revision ${String(revision)}`]),
    ...requests.map(({ id, what }) => `           because ${plainLine(withoutStack(what), 300)} (${plainLine(id, 80)})`),
  ];
}

function describeCoverage({ coverage, line, tests }: Why): string {
  if (tests.some(({ reaches }) => reaches === 'in-file')) return 'with the tests that stand in it';
  if (coverage.status === 'unavailable') return `not known: ${plainLine(coverage.reason, 300)}`;
  const { executed, notExecuted, evidence } = coverage;
  const by = `the tests of ${plainLine(evidence, 200)}`;
  if (line !== null) return executed.length > 0 ? `yes, in ${by}` : notExecuted.length > 0 ? `no, not in ${by}` : 'not known: no line of code, or one that coverage does not tell of';
  const parts = [...(executed.length === 0 ? [] : [`${describeLines(executed)} in ${by}`]), ...(notExecuted.length === 0 ? [] : [`not ${describeLines(notExecuted)}`])];
  return parts.length === 0 ? 'not known: coverage does not tell of it' : parts.join('; ');
}

function describeTest({ id, status, redFirst, criteria, reaches }: WhyTest): string {
  const red = redFirst === undefined ? '' : redFirst ? ', red before the change' : ', not red before';
  const how = reaches === 'imports' ? ', imports it' : '';
  return `  test     ${status === 'passed' ? '✓' : '✗'} ${plainLine(id, 200)} (${status}${red}${how}${criteria.length === 0 ? '' : `, shows ${criteria.map((one) => plainLine(one, 64)).join(', ')}`})`;
}

function describeUncovered({ run, criteria, coverage, notExecuted, noCriterion }: Uncovered): string {
  return [
    `${run}: what nothing measured stands behind`,
    '',
    ...section('Criteria with no test that passed', criteria.map(describeCriterion)),
    ...(coverage.status === 'unavailable' ? [`Changed lines that no test executed: not known. ${plainLine(coverage.reason, 300)}`, ''] : section('Changed lines that no test executed', notExecuted.map(describeFileLines))),
    ...(coverage.status === 'measured' && coverage.isCut ? ['  There are more: the evidence keeps 200 lines a file, and 100 files.', ''] : []),
    ...section('Changed lines that lead to no criterion', noCriterion.map(describeFileLines)),
  ].join('\n');
}

function section(title: string, items: readonly string[]): string[] {
  return items.length === 0 ? [`${title}: none`, ''] : [title, ...items.map((item) => `  ${item}`), ''];
}

function describeCriterion({ criterion, text, tests }: TracedCriterion): string {
  const measured = tests.map(({ id, status }) => `${plainLine(id, 120)} ${status}`).join(', ');
  return `${plainLine(criterion, 64)} ${plainLine(text, 200)}${measured === '' ? '' : ` (${measured})`}`;
}

function describeFileLines({ file, lines }: FileLines): string {
  return `${plainLine(file, 500)}${lines.length === 0 ? '' : `: ${describeLines(lines)}`}`;
}

/** Runs of numbers as ranges, at most 20. */
function describeLines(lines: readonly number[]): string {
  const ranges: { from: number; to: number }[] = [];
  for (const line of lines) {
    const last = ranges.at(-1);
    if (last !== undefined && line === last.to + 1) last.to = line;
    else ranges.push({ from: line, to: line });
  }
  const shown = ranges.slice(0, 20).map(({ from, to }) => (from === to ? String(from) : `${String(from)}-${String(to)}`));
  return `${lines.length === 1 ? 'line' : 'lines'} ${shown.join(', ')}${ranges.length > 20 ? ', …' : ''}`;
}
