import type { RunEvent } from '@fw/framework';
import { addUsage, noUsage } from '@fw/models';
import type { Usage } from '@fw/models';
import { formatCost, formatCount, formatDuration, formatTokens } from './format.ts';
import { plainLine } from './plain-text.ts';
import type { Terminal } from './terminal.ts';
import { createTokenGauge } from './token-gauge.ts';

/** One line for each state a run visits. On a live terminal it is rewritten until the state is left. */
export interface StateLine {
  show(event: RunEvent): void;
  /** From now on the tokens of a minute are shown against this. */
  limitTokensPerMinute(limit: number): void;
  /** Writes lines that stay, above the one that is being rewritten. */
  above(text: string): void;
  end(): void;
}

interface Visit {
  readonly state: string;
  readonly visit: number;
  readonly agents: readonly string[];
  readonly enteredAt: number;
  readonly calls: number;
  readonly usage: Usage;
}

export function createStateLine(terminal: Terminal, now: () => number = Date.now): StateLine {
  let current: Visit | undefined;
  let timer: NodeJS.Timeout | undefined;
  let limit: number | undefined;
  const gauge = createTokenGauge(() => limit);

  function clear(): string {
    return terminal.isLive && current !== undefined ? '\r\u001b[2K' : '';
  }
  function draw(): void {
    if (!terminal.isLive || current === undefined) return;
    // A line that wraps could not be taken back.
    const visit = `  … ${describeVisit(current, now() - current.enteredAt).trimEnd()}`.slice(0, terminal.columns - 1);
    const used = gauge.describe(now(), terminal.columns - visit.length - 3);
    terminal.print(`${clear()}${visit}${used === '' ? '' : `  ${used}`}`);
  }
  function close(text: string): void {
    terminal.print(`${clear()}${text}`);
    clearInterval(timer);
    current = undefined;
  }
  return {
    show(event) {
      if (event.type === 'state.entered') {
        current = { state: event.state, visit: event.visit, agents: event.agents, enteredAt: event.at, calls: 0, usage: noUsage };
        if (terminal.isLive) timer = setInterval(draw, 250).unref();
        draw();
      } else if (event.type === 'model.called' && current !== undefined) {
        current = { ...current, calls: current.calls + 1, usage: addUsage(current.usage, event.usage) };
        gauge.note(event);
        draw();
      } else if (event.type === 'state.left') {
        const visit = current ?? { state: event.state, visit: event.visit, agents: [], enteredAt: event.at, calls: 0, usage: noUsage };
        const style = event.outcome === 'done' ? 'green' : event.outcome === 'failed' ? 'red' : 'yellow';
        const mark = event.outcome === 'done' ? '✓' : event.outcome === 'failed' ? '✗' : '↩';
        const text = terminal.isHeard
          ? `${plainLine(event.state, 60)}${event.visit > 1 ? `, visit ${String(event.visit)}` : ''}: ${heard[event.outcome] ?? 'sent back'}, ${plainLine(event.event, 60)}, in ${formatDuration(event.durationMs)}, by ${plainLine(visit.agents.join(', '), 100)}${describeCalls(visit)}.`
          : `  ${terminal.paint(style, mark)} ${describeVisit(visit, event.durationMs)}  ${plainLine(event.event, 60)}${event.outcome === 'done' ? '' : ` → ${plainLine(event.to, 60)}`}`;
        close(`${text}\n`);
      }
    },
    limitTokensPerMinute(given) { limit = given; },
    above(text) {
      terminal.print(`${clear()}${text}`);
      draw();
    },
    end() {
      if (current !== undefined && terminal.isLive) terminal.print('\n');
      clearInterval(timer);
      current = undefined;
    },
  };
}

function describeVisit({ state, visit, agents, calls, usage }: Visit, durationMs: number): string {
  const name = `${plainLine(state, 60)}${visit > 1 ? ` (${String(visit)})` : ''}`;
  return `${name.padEnd(18)} ${formatDuration(durationMs).padStart(8)}  ${plainLine(agents.join(', '), 100).padEnd(26)}${describeCalls({ calls, usage }).replace(/^,/, ' ')}`;
}

const heard: { readonly [outcome: string]: string } = { done: 'done', failed: 'failed' };

function describeCalls({ calls, usage }: Pick<Visit, 'calls' | 'usage'>): string {
  return calls === 0 ? '' : `, ${formatCount(calls, 'call')}, ${formatTokens(usage)}, ${formatCost(usage.costNanoUsd)}`;
}
