import type { RunEvent } from '@fw/framework';
import type { CliContext } from './cli-context.ts';
import { describeEvent } from './event-text.ts';
import { jsonLine } from './json-line.ts';
import { createStateLine } from './state-line.ts';

/** Shows a run while it happens, in the form that was asked for. */
export interface RunView {
  show(event: RunEvent): void;
  /** Writes lines that stay, for a person at the terminal. */
  say(text: string): void;
  /** What a minute may have, for the gauge of a live line. */
  limitTokensPerMinute(limit: number): void;
  /** Ends a line that is still being rewritten; needed when a run stops in the middle of a state. */
  end(): void;
}

export function createRunView({ output, quiet, terminal }: CliContext): RunView {
  if (output === 'ndjson') return { show(event) { terminal.print(jsonLine(event)); }, say: ignore, limitTokensPerMinute: ignore, end() { /* a line is never open */ } };
  if (output === 'json') {
    return {
      show(event) { if (isEnding(event)) terminal.print(jsonLine(event)); },
      say: ignore,
      limitTokensPerMinute: ignore,
      end() { /* a line is never open */ },
    };
  }
  const line = createStateLine(terminal);
  return {
    show(event) {
      if (quiet && !isEnding(event)) return;
      line.show(event);
      const text = describeEvent(event, terminal);
      if (text !== undefined) line.above(text);
    },
    say(text) { line.above(text); },
    limitTokensPerMinute(limit) { line.limitTokensPerMinute(limit); },
    end() { line.end(); },
  };
}

function ignore(): void { /* what is read by programs holds events alone */ }

export function isEnding(event: RunEvent): event is Extract<RunEvent, { type: 'run.finished' | 'run.paused' }> {
  return event.type === 'run.finished' || event.type === 'run.paused';
}
