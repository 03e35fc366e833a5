import { hash } from 'node:crypto';
import type { Json } from '@fw/models';
import { canonicalJson } from './canonical-json.ts';
import { changedFiles, readOutput } from './tool-exchange.ts';
import type { ToolExchange } from './tool-exchange.ts';

/** One turn of a loop as the stuck rules see it; equal calls side by side count once. */
export interface LoopTurn {
  readonly calls: readonly TurnCall[];
  /** No call, or only calls of unknown tools or with input that does not fit. */
  readonly isIdle: boolean;
  /** Hash of all files after the turn; absent where the host does not know it. */
  readonly tree?: string;
  /** The model no longer sees what was answered in this turn, so asking again is no repetition. */
  readonly isForgotten?: boolean;
}

/** One call, reduced to what the rules compare. Ids, times and durations are taken out of what was answered. */
export interface TurnCall {
  readonly name: string;
  /** Tool and canonical arguments. */
  readonly asked: string;
  /** `asked` with the hash of the answer. */
  readonly identity: string;
  readonly changed: boolean;
  /** What failed and how, when it did. */
  readonly error?: string;
  /** What a reading tool showed: lines of a file, or all that its arguments name. */
  readonly read?: { readonly of: string; readonly start: number; readonly end: number } | undefined;
  /** The tests that failed, joined; empty when all passed. Absent for what is no run of tests. */
  readonly failing?: string;
  /** The command that ran out of time, whatever time it was given. */
  readonly timedOut?: string;
}

export interface TurnOptions {
  readonly isIdle: boolean;
  /** Tools that change files. */
  readonly changing: readonly string[];
  readonly tree?: string;
}

/** Tools whose calls only look. */
const reading: readonly string[] = ['read_file', 'list_files', 'search', 'symbols', 'outline', 'diff'];
/** Answers that are no error of the call itself: the host stopped it, or another rule counts it. */
const noError: readonly (string | undefined)[] = ['not_executed', 'cancelled', 'timeout'];

/** Reduces a turn to what the rules compare. */
export function turnOf(exchanges: readonly ToolExchange[], options: TurnOptions): LoopTurn {
  const calls = exchanges.map((exchange) => callOf(exchange, options.changing));
  return { calls: [...new Map(calls.map((call) => [call.identity, call])).values()], isIdle: options.isIdle, ...(options.tree === undefined ? {} : { tree: options.tree }) };
}

/** A command as the time-out rule names it: the same one with more time is the same one. */
export function commandOf(name: string, input: Json): string {
  return `${name} ${canonicalJson(withoutTimeout(input))}`;
}

/** What a call of a reading tool showed; undefined for other tools and for one that failed. */
export function readOf({ call: { name, arguments: input }, output }: ToolExchange): TurnCall['read'] {
  const { ok, meta = null, truncated } = readOutput(output);
  if (ok === false || !reading.includes(name)) return undefined;
  const path = stringOf(input, 'path');
  const start = numberOf(meta as Json, 'start') ?? numberOf(input, 'start');
  const end = numberOf(meta as Json, 'end') ?? numberOf(input, 'end');
  // Of what was cut by characters it is not known which lines were shown.
  const isRange = truncated?.unit !== 'characters';
  return isRange && path !== undefined && start !== undefined && end !== undefined ? { of: path, start, end } : { of: `${name} ${canonicalJson(input)}`, start: 1, end: 1 };
}

function callOf(exchange: ToolExchange, changing: readonly string[]): TurnCall {
  const { call: { name, arguments: input }, output } = exchange;
  const { ok, code, meta } = readOutput(output);
  const answered = hash('sha256', withoutNoise(withoutRun(canonicalJson(output), meta?.['run'])));
  const asked = `${name} ${canonicalJson(input)}`;
  const path = stringOf(input, 'path');
  const read = readOf(exchange);
  return {
    name,
    asked,
    identity: `${asked} ${answered}`,
    changed: changedFiles(exchange, changing),
    // Another edit of the same file that fails in the same way is the same error; another search is another question.
    ...(ok === false && !noError.includes(code) ? { error: `${changing.includes(name) && path !== undefined ? `${name} ${path}` : asked} ${answered}` } : {}),
    ...(read === undefined ? {} : { read }),
    ...(name === 'run_tests' && (ok !== false || code === 'failed') ? { failing: failingOf(output, answered) } : {}),
    ...(code === 'timeout' ? { timedOut: commandOf(name, input) } : {}),
  };
}

function failingOf(output: Json, answered: string): string {
  const { ok, meta } = readOutput(output);
  if (ok === true) return '';
  const { failing, cases, failed } = meta ?? {};
  // Of a run's cases those that failed stand first.
  const names = Array.isArray(failing) ? failing : Array.isArray(cases) && typeof failed === 'number' ? cases.slice(0, failed) : [];
  return names.length > 0 ? names.map(String).sort().join('\n') : answered;
}

function withoutTimeout(input: Json): Json {
  if (input === null || typeof input !== 'object' || Array.isArray(input)) return input;
  return Object.fromEntries(Object.entries(input).filter(([key]) => !/^timeout/i.test(key))) as Json;
}

function withoutRun(text: string, run: Json | undefined): string {
  return typeof run === 'string' && run !== '' ? text.replaceAll(JSON.stringify(run).slice(1, -1), '<run>') : text;
}

const noise: readonly (readonly [RegExp, string])[] = [
  [/"(?:nonce|startedAt|durationMs|cpuMs|peakMemoryBytes|peakProcesses|peakHandles|writtenBytes)":(?:"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*)/g, '"-":0'],
  [/\b\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})?/g, '<time>'],
  [/\b\d+(?:\.\d+)?\s?(?:ms|s|seconds)\b/g, '<duration>'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '<id>'],
];

/** Ids, times and durations differ between equal outcomes. */
function withoutNoise(text: string): string {
  return noise.reduce((result: string, [pattern, replacement]) => result.replace(pattern, replacement), text);
}

function stringOf(input: Json, key: string): string | undefined {
  const value = memberOf(input, key);
  return typeof value === 'string' ? value : undefined;
}

function numberOf(input: Json, key: string): number | undefined {
  const value = memberOf(input, key);
  return typeof value === 'number' ? value : undefined;
}

function memberOf(input: Json, key: string): Json | undefined {
  return input !== null && typeof input === 'object' && Object.hasOwn(input, key) ? (input as { readonly [key: string]: Json })[key] : undefined;
}
