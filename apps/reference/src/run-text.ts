import type { FileDiff, RunLogLine } from '@fw/framework';
import { formatTable } from './format.ts';
import { plainLine, plainText } from './plain-text.ts';
import type { Terminal } from './terminal.ts';

const mostLines = 60;
const newest = 12;

/** What a run has changed so far, as lines of a terminal. */
export function describeDiff(files: readonly FileDiff[], { paint }: Pick<Terminal, 'paint'>): string {
  if (files.length === 0) return '  nothing is changed yet\n';
  const lines = files.flatMap(({ file, status, added, removed, lines: shown }) => [
    `  ${paint('bold', plainLine(file, 200))}  ${status}, +${String(added)} −${String(removed)}`,
    ...shown.flatMap(({ type, text }) => (type === 'added' ? [paint('green', `  + ${codeLine(text)}`)] : type === 'removed' ? [paint('red', `  - ${codeLine(text)}`)] : [])),
  ]);
  const rest = lines.length - mostLines;
  return `${lines.slice(0, mostLines).join('\n')}\n${rest > 0 ? `  and ${String(rest)} lines more; "fw show" has the whole patch\n` : ''}`;
}

/** Blanks at its beginning mean something. */
const codeLine = (text: string): string => plainText(text.slice(0, 200)).replaceAll('\n', ' ');

/** The newest steps of a run. */
export function describeLog(log: readonly RunLogLine[]): string {
  return formatTable(log.filter(({ kind }) => kind !== 'begin').slice(-newest).map(({ seq, at, state, agent, step, code }) => [
    `  ${String(seq)}`, new Date(at).toISOString().slice(11, 19), plainLine(state, 30), plainLine(agent, 30), plainLine(step, 40), plainLine(code ?? '', 60),
  ]));
}
