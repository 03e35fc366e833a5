import type { RunHandle } from '@fw/workflow';
import { effectivePolicy, policyOfRun } from './effective-policy.ts';
import { exitCodeOf } from './exit-code.ts';
import type { Run, RunResult } from './framework.ts';
import type { RunBook } from './run-book.ts';
import type { RunEvent, RunEventBody } from './run-event.ts';
import { createEventProjection, signalOf } from './run-events.ts';
import { readRunInput } from './run-input.ts';

/** The handle of a run that this process drives. */
export function createRun(handle: RunHandle, book: RunBook, { resumed, goesOn }: { readonly resumed: boolean; readonly goesOn: boolean }): Run {
  const concluded = handle.settled().then((outcome) => book.conclude(handle.id, outcome));
  // Whoever asks for the result gets the error; nobody has to ask.
  concluded.catch(() => {});
  return {
    id: handle.id,
    goesOn,
    events: () => readEvents(handle, book, resumed, concluded),
    result: () => concluded,
    cancel: (reason) => handle.cancel(reason),
  };
}

async function* readEvents(handle: RunHandle, book: RunBook, resumed: boolean, concluded: Promise<RunResult>): AsyncGenerator<RunEvent> {
  const record = await book.require(handle.id);
  const input = readRunInput(record.input);
  let seq = 0;
  const stamp = (body: RunEventBody, at: number): RunEvent => ({ v: 1, seq: ++seq, at, run: handle.id, ...body });
  yield stamp({ type: 'run.started', goal: input.task.goal, workspace: input.workspace, resumed, simulated: input.simulated, sandbox: input.contained }, record.createdAt);

  const ordinalOf = createOrdinals();
  const stop = new AbortController();
  concluded.finally(() => stop.abort()).catch(() => {});
  const project = createEventProjection(record.definition, (artifacts) => effectivePolicy(policyOfRun(input.config.policy), artifacts));
  for await (const entry of handle.events({ live: true, signal: stop.signal })) {
    if (!('hash' in entry)) continue;
    const placed = await book.place(entry);
    const signal = signalOf(placed);
    const ordinal = signal === undefined ? 0 : ordinalOf(signal, entry.key);
    const asked = signal === undefined ? undefined : (await book.require(handle.id)).questions.find((open) => open.name === signal && open.ordinal === ordinal);
    for (const body of project(placed, asked?.question)) yield stamp(body, entry.at);
  }
  const result = await concluded;
  const ending = {
    verdict: result.verdict?.verdict ?? null,
    ...(result.code !== undefined && { code: result.code }), ...(result.message !== undefined && { message: result.message }),
    exitCode: exitCodeOf(result), patch: result.patch, report: result.report, usage: result.usage,
  };
  const body: RunEventBody = result.status === 'waiting' ? { type: 'run.paused', status: 'waiting', ...ending } : { type: 'run.finished', status: result.status, ...ending };
  yield stamp(body, Date.now());
}

/** How often a signal was waited for, from 1, when the wait of that key began; a wait that begins again is the same. */
function createOrdinals(): (signal: string, key: string) => number {
  const known = new Map<string, string[]>();
  return (signal, key) => {
    const keys = known.get(signal) ?? [];
    known.set(signal, keys);
    if (!keys.includes(key)) keys.push(key);
    return keys.indexOf(key) + 1;
  };
}
