import type { RunEvent } from '@fw/framework';

/** Tokens of the last minute against what a minute may have. */
export interface TokenGauge {
  note(event: Extract<RunEvent, { type: 'model.called' }>): void;
  /** Such as `12K of 100K tokens a minute ▓░░░░░░░`, or as much of it as `room` holds; empty without a limit. */
  describe(now: number, room: number): string;
}

const minuteMs = 60_000;
const width = 8;
const short = new Intl.NumberFormat('en', { notation: 'compact' });

export function createTokenGauge(limit: () => number | undefined): TokenGauge {
  let calls: readonly { readonly at: number; readonly tokens: number }[] = [];
  return {
    note({ at, usage }) {
      calls = [...calls.filter((call) => call.at > at - minuteMs), { at, tokens: usage.inputTokens + usage.outputTokens }];
    },
    describe(now, room) {
      const most = limit();
      if (most === undefined) return '';
      const used = calls.reduce((sum, call) => (call.at > now - minuteMs ? sum + call.tokens : sum), 0);
      const filled = Math.min(width, Math.ceil((used / most) * width));
      const bar = `${'▓'.repeat(filled)}${'░'.repeat(width - filled)}`;
      const words = `${short.format(used)} of ${short.format(most)} tokens a minute`;
      return [`${words} ${bar}`, words, bar].find((text) => text.length <= room) ?? '';
    },
  };
}
