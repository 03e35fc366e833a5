import type { RunEvent } from '@fw/framework';
import { formatCost, formatTokens } from './format.ts';
import { plainLine } from './plain-text.ts';
import type { Style, Terminal } from './terminal.ts';

const verdictStyles: { readonly [verdict: string]: Style } = { accepted: 'green', rejected: 'red', inconclusive: 'yellow' };

/** What an event says to a reader, in whole lines; undefined for those that only move the state's line. */
export function describeEvent(event: RunEvent, { paint }: Pick<Terminal, 'paint'>): string | undefined {
  switch (event.type) {
    case 'run.started':
      return `${event.resumed ? 'resumed' : 'run'} ${paint('bold', plainLine(event.run, 200))}  ${plainLine(event.goal, 200)}\n`
        + `  in ${plainLine(event.workspace)}, sandbox: ${plainLine(event.sandbox, 200)}\n`
        + (event.simulated ? `  ${paint('yellow', 'simulated: a script plays the model; nothing about quality follows from this run')}\n` : '');
    case 'evidence.recorded':
      return `      ${paint('dim', `measured ${plainLine(event.kind, 40)}: ${plainLine(event.summary, 300)}`)}\n`;
    case 'revision.requested':
      return event.requests.slice(0, 10).map((request) => {
        const where = request.where === undefined ? '' : ` (${plainLine(request.where.file, 200)}${request.where.line === undefined ? '' : `:${String(request.where.line)}`})`;
        return `      ${paint('yellow', 'sent back:')} ${plainLine(withoutStack(request.what), 500)}${where}\n`;
      }).join('') + (event.requests.length > 10 ? `      and ${String(event.requests.length - 10)} more\n` : '');
    case 'verdict.given':
      return `  verdict: ${paint(verdictStyles[event.verdict] ?? 'bold', event.verdict)}\n${describeGates(event.gates)}`;
    case 'approval.requested':
      return `  ${paint('yellow', 'approval wanted')} for ${plainLine(event.gate, 60)}: ${plainLine(event.question)}\n`;
    case 'run.finished':
    case 'run.paused':
      return describeEnding(event, paint);
    case 'model.called':
      return event.failure === undefined ? undefined : `      ${paint('yellow', 'model call failed:')} ${plainLine(event.model, 100)}: ${plainLine(event.failure, 200)}\n`;
    case 'tool.called':
    case 'state.entered':
    case 'state.left':
      return undefined;
  }
}

function describeEnding(event: Extract<RunEvent, { type: 'run.finished' | 'run.paused' }>, paint: Terminal['paint']): string {
  const style = event.status === 'success' ? 'green' : event.status === 'waiting' ? 'yellow' : 'red';
  const why = [event.code, event.message].filter((part) => part !== undefined).map((part) => plainLine(withoutStack(part))).join(': ');
  return `${paint(style, event.status)}${why === '' ? '' : `  ${why}`}\n`
    + `  used    ${formatTokens(event.usage)}, ${formatCost(event.usage.costNanoUsd)}\n`
    + `  patch   ${event.patch === null ? 'none' : plainLine(event.patch)}\n`
    + `  report  ${event.report === null ? 'none' : plainLine(event.report)}\n`;
}

/** The gates of a verdict, one a line; those that were not measured share the last. */
export function describeGates(gates: readonly { readonly gate: string; readonly status: string; readonly message: string }[]): string {
  const measured = gates.filter((gate) => gate.status !== 'unavailable');
  const unavailable = gates.filter((gate) => gate.status === 'unavailable').map((gate) => plainLine(gate.gate, 40));
  return measured.map((gate) => `      ${plainLine(gate.status, 20).padEnd(12)} ${plainLine(gate.gate, 40).padEnd(12)} ${plainLine(withoutStack(gate.message), 300)}\n`).join('')
    + (unavailable.length === 0 ? '' : `      unavailable  ${unavailable.join(', ')}\n`);
}

/** The words of an error without the places that it went through; those are in the report. */
export function withoutStack(text: string): string {
  return text.replace(/\s+at (?:[\w.<>[\]$ ]{1,80} )?\(?(?:file:|node:|\/)[^\s()]{1,500}:\d+:\d+\)?/g, '');
}
