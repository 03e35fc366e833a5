import type { Json, ToolOutput } from '@fw/agents-core';
import { summarizeEvidence } from '../run-events.ts';
import { evidenceIn, isEnter, isLeave, responseIn } from '../run-projection.ts';
import type { Entered, Left, PlacedEntry } from '../run-projection.ts';

const longestSummary = 300;

/** What came of a step, in one line; undefined where its name says it all. */
export function summarizeStep(placed: PlacedEntry): string | undefined {
  const { entry, output } = placed;
  if (entry.error) return clip(`${entry.error.code}: ${entry.error.message}`);
  if (isEnter(placed)) return clip((output as unknown as Entered).agents.join(', '));
  if (isLeave(placed)) {
    const { event, to, outcome, requests } = output as unknown as Left;
    return clip(`${event} → ${to}${outcome === 'done' ? '' : `: ${requests.map(({ what }) => what).join('; ')}`}`);
  }
  if (entry.kind === 'begin') return undefined;
  const response = responseIn(placed);
  if (response !== undefined) return clip([response.text, ...response.toolCalls.map(({ name }) => `→ ${name}`)].filter((part) => part !== '').join(' '));
  if (entry.origin === 'tool') return clip((output as Partial<ToolOutput> | undefined)?.text ?? '');
  const evidence = evidenceIn(placed);
  return evidence.length > 0 ? clip(evidence.map((one) => `${one.kind}: ${summarizeEvidence(one)}`).join('; ')) : undefined;
}

/** Whether it did what it was to do; undefined where that is no question. */
export function isStepOk(placed: PlacedEntry): boolean | undefined {
  if (placed.entry.error) return false;
  if (isLeave(placed)) return (placed.output as unknown as Left).outcome === 'done';
  if (placed.entry.origin === 'tool' && placed.entry.kind !== 'begin') return (placed.output as Partial<ToolOutput> | undefined)?.ok !== false;
  // Other commands may end with an error as they should: a new test is red on the base.
  const tests = evidenceIn(placed).filter(({ kind }) => kind === 'tests');
  return tests.length > 0 ? tests.every(({ exitCode }) => exitCode === 0) : undefined;
}

/** What a tool was called with, as the answer before it in the same conversation says; undefined where no answer does. */
export function argumentsOf(placed: PlacedEntry, entries: readonly PlacedEntry[]): Json | undefined {
  if (placed.entry.origin !== 'tool') return undefined;
  const scope = scopeOf(placed);
  const own = entries.filter((one) => scopeOf(one) === scope && one.entry.seq <= placed.entry.seq);
  const answered = own.findLastIndex((one) => responseIn(one) !== undefined);
  const name = placed.step.replace(/^tool\./, '');
  const calls = (answered === -1 ? [] : responseIn(own[answered]!)?.toolCalls ?? []).filter((call) => call.name === name);
  // Calls of one name settle in any order; their places in the program are those of the calls.
  const keys = entries.filter((one) => scopeOf(one) === scope && one.step === placed.step && one.entry.seq > (own[answered]?.entry.seq ?? 0));
  const order = [...new Map(keys.map((one) => [one.entry.key, one.entry.order.at(-1) ?? 0])).entries()].sort((left, right) => left[1] - right[1]).map(([key]) => key);
  return calls[order.indexOf(placed.entry.key)]?.arguments as Json | undefined;
}

const scopeOf = ({ entry }: PlacedEntry): string => entry.key.slice(0, entry.key.lastIndexOf('/'));

/** On one line, for a list. */
function clip(text: string): string {
  const line = text.slice(0, longestSummary * 4).replace(/\s+/g, ' ').trim();
  return line.length > longestSummary ? `${line.slice(0, longestSummary).toWellFormed()}…` : line;
}
