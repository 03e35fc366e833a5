import { canonicalJson } from './canonical-json.ts';
import { changedFiles, readOutput } from './tool-exchange.ts';
import type { ToolExchange } from './tool-exchange.ts';

/** One turn of a loop as the stuck rules see it; equal calls side by side count once. */
export interface LoopTurn {
  readonly calls: readonly { readonly name: string; readonly identity: string; readonly changed: boolean }[];
  /** No call, or only calls of unknown tools or with input that does not fit. */
  readonly isIdle: boolean;
}

/** What a rule says after a turn: a hint for the model, or the end of the loop. */
export interface StuckSign {
  readonly rule: 'S1' | 'S3' | 'S6';
  readonly action: 'note' | 'stop';
  readonly message: string;
}

const repeatNote = 3;
const repeatStop = 4;
const cycleRounds = 3;
const longestCycle = 5;
const idleStop = 3;

/** Reduces a turn to what the rules compare: a call is equal to another by name, arguments and result. */
export function turnOf(exchanges: readonly ToolExchange[], options: { readonly isIdle: boolean; readonly changing: readonly string[] }): LoopTurn {
  const calls = exchanges.map((exchange) => ({ name: exchange.call.name, identity: identityOf(exchange), changed: changedFiles(exchange, options.changing) }));
  return { calls: [...new Map(calls.map((call) => [call.identity, call])).values()], isIdle: options.isIdle };
}

/** The strongest sign of the turn that just ended; undefined while things move. */
export function findStuck(turns: readonly LoopTurn[]): StuckSign | undefined {
  const signs = [findIdle(turns), findRepeat(turns), findCycle(turns)];
  return signs.find((sign) => sign?.action === 'stop') ?? signs.find((sign) => sign !== undefined);
}

/** S1: the same call with the same result, nothing changed by another call in between. */
function findRepeat(turns: readonly LoopTurn[]): StuckSign | undefined {
  const counts = new Map<string, number>();
  for (const { identity, changed } of turns.flatMap((turn) => turn.calls)) {
    const count = (counts.get(identity) ?? 0) + 1;
    if (changed) counts.clear();
    counts.set(identity, count);
  }
  let note: StuckSign | undefined;
  for (const { name, identity } of turns.at(-1)?.calls ?? []) {
    const count = counts.get(identity) ?? 0;
    const said = `${name} was called ${count} times with the same arguments and gave the same result each time`;
    if (count >= repeatStop) return { rule: 'S1', action: 'stop', message: `${said}.` };
    if (count === repeatNote) note = { rule: 'S1', action: 'note', message: `${said}. Calling it again will not help: do something else, or end the work and say what is in the way.` };
  }
  return note;
}

/** S3: two to five different calls, the same three rounds long. */
function findCycle(turns: readonly LoopTurn[]): StuckSign | undefined {
  const last = turns.slice(-cycleRounds * longestCycle).flatMap((turn) => turn.calls);
  for (let length = 2; length <= longestCycle; length++) {
    const tail = last.slice(-cycleRounds * length);
    if (tail.length < cycleRounds * length) return undefined;
    const round = tail.slice(-length);
    const repeats = tail.every(({ identity }, index) => identity === round[index % length]?.identity);
    if (repeats && new Set(round.map(({ identity }) => identity)).size > 1) {
      return { rule: 'S3', action: 'stop', message: `The calls ${round.map(({ name }) => name).join(', ')} went round ${cycleRounds} times with the same arguments and results.` };
    }
  }
  return undefined;
}

/** S6: turns that moved nothing. */
function findIdle(turns: readonly LoopTurn[]): StuckSign | undefined {
  if (turns.length < idleStop || !turns.slice(-idleStop).every((turn) => turn.isIdle)) return undefined;
  return { rule: 'S6', action: 'stop', message: `${idleStop} turns in a row had no usable tool call.` };
}

function identityOf({ call, output }: ToolExchange): string {
  const run = readOutput(output).meta?.['run'];
  const text = canonicalJson(output);
  const named = typeof run === 'string' && run !== '' ? text.replaceAll(JSON.stringify(run).slice(1, -1), '<run>') : text;
  return `${call.name} ${canonicalJson(call.arguments)} ${withoutNoise(named)}`;
}

const noise: readonly (readonly [RegExp, string])[] = [
  [/"(?:nonce|startedAt|durationMs|cpuMs|peakMemoryBytes|peakProcesses|writtenBytes)":(?:"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*)/g, '"-":0'],
  [/\b\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})?/g, '<time>'],
  [/\b\d+(?:\.\d+)?\s?(?:ms|s|seconds)\b/g, '<duration>'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '<id>'],
];

/** Ids, times and durations differ between equal outcomes. */
function withoutNoise(text: string): string {
  return noise.reduce((result: string, [pattern, replacement]) => result.replace(pattern, replacement), text);
}
