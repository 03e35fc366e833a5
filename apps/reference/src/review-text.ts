import type { ReviewResult } from '@fw/framework';
import { formatCost, formatTokens } from './format.ts';
import { plainLine } from './plain-text.ts';
import type { Style, Terminal } from './terminal.ts';

const styles: { readonly [severity: string]: Style } = { critical: 'red', high: 'red', medium: 'yellow', low: 'dim' };

/** A review for a reader: each finding with its place and what bears it out, then what was left out and why. */
export function describeReview(result: ReviewResult, { paint }: Pick<Terminal, 'paint'>): string {
  const { status, review, files, base, run } = result;
  if (status === 'unchanged') return `Nothing changed against ${plainLine(base, 200)}. No model was asked.\n`;
  const head = `${count(files, 'file')} changed against ${plainLine(base, 200)}; review ${plainLine(run ?? '', 200)}\n${result.simulated ? `${paint('yellow', 'simulated: a script plays the model; nothing about quality follows')}\n` : ''}`;
  const used = `used ${formatTokens(result.usage)}, ${formatCost(result.usage.costNanoUsd)}\n`;
  if (review === null) return `${head}${paint('red', status)}  ${[result.code, result.message].flatMap((part) => (part === undefined ? [] : [plainLine(part)])).join(': ')}\n${used}`;
  const findings = review.findings.map((finding) => [
    `\n${paint(styles[finding.severity] ?? 'bold', finding.severity.padEnd(8))} ${plainLine(finding.file, 300)}:${String(finding.line)}  ${plainLine(finding.category, 40)}`,
    `  ${plainLine(finding.message, 1_000)}`,
    `  > ${plainLine(finding.quote, 300)}`,
    ...(finding.suggestion === undefined ? [] : [`  suggestion: ${plainLine(finding.suggestion, 500)}`]),
    `  ${paint('dim', `borne out by ${finding.confirmedBy.map((one) => plainLine(one, 100)).join(', ')}`)}`,
    '',
  ].join('\n')).join('');
  const blocking = review.findings.filter(({ severity }) => severity === 'high' || severity === 'critical').length;
  const { invented, unconfirmed, surplus } = review.dropped;
  const dropped = [[invented, 'on no changed line'], [unconfirmed, 'borne out by nothing'], [surplus, 'too many']].filter(([number]) => Number(number) > 0).map(([number, why]) => `${String(number)} ${String(why)}`);
  const failed = review.passes.filter((pass) => pass.status === 'failed').map((pass) => `pass ${plainLine(pass.name, 40)} came to no end: ${plainLine(pass.code ?? '', 60)} ${plainLine(pass.message ?? '', 300)}\n`);
  return `${head}${findings}\n${review.findings.length === 0 ? 'No findings' : `${count(review.findings.length, 'finding')}, ${String(blocking)} blocking`}${dropped.length === 0 ? '' : `; dropped: ${dropped.join(', ')}`}.\n`
    + failed.join('')
    + (result.sandbox?.startsWith('none') === true ? `without a sandbox (${plainLine(result.sandbox, 200)}) the reviewer ran nothing, so that nothing can block; see fw doctor\n` : '')
    + (review.cut.length === 0 ? '' : `shown to the model in part only: ${review.cut.slice(0, 20).map((file) => plainLine(file, 200)).join(', ')}${review.cut.length > 20 ? `, and ${String(review.cut.length - 20)} more` : ''}\n`)
    + used;
}

function count(number: number, what: string): string {
  return `${String(number)} ${what}${number === 1 ? '' : 's'}`;
}
