import { AsyncLocalStorage } from 'node:async_hooks';
import { appendFile, readFile } from 'node:fs/promises';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { CommandResult, TaskWorkspace } from '@fw/agents-core';
import type { RanCommand, RunWatch } from './run-watch.ts';

/** What a run took, as the processes that worked on it measured it. Not part of the journal: it is another one each time. */
export interface RunResources {
  /** One for each process's turn at it, oldest first. */
  readonly processes: readonly ProcessUse[];
  /** Turns of processes that ended without a word, such as by SIGKILL: what they took is not known. Seen when another process goes on. */
  readonly lost: readonly Pick<ProcessUse, 'pid' | 'startedAt'>[];
  /** Of commands, by state and program. */
  readonly commands: readonly CommandsUse[];
}

/** What one process took while it worked on a run. What it did for other runs meanwhile is in it. */
export interface ProcessUse {
  readonly pid: number;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly cpuMs: number;
  readonly peakMemoryBytes: number;
  readonly peakHeapBytes: number;
  /** How late timers were. */
  readonly meanLoopDelayMs: number;
  readonly maxLoopDelayMs: number;
  /** Open files, sockets, timers and children. */
  readonly peakHandles: number;
  /** Most runs that it worked on at once. */
  readonly runsAtOnce: number;
}

export interface CommandsUse {
  readonly state: string;
  readonly program: string;
  readonly count: number;
  /** Those that did not end with 0, for whatever reason. */
  readonly failed: number;
  readonly durationMs: number;
  readonly cpuMs: number;
  readonly peakMemoryBytes: number;
  readonly peakProcesses: number;
  readonly outputCharacters: number;
  readonly writtenBytes: number;
}

/** Measures this process while runs are under way. */
export interface ProcessMonitor {
  /** One more run; what it gives ends that and says what was taken. */
  begin(): () => ProcessUse;
  /** As it is now. */
  sample(): { readonly cpuMs: number; readonly memoryBytes: number; readonly heapBytes: number; readonly handles: number; readonly maxLoopDelayMs: number };
}

const sampleMs = 1_000;
const mostGroups = 200;
const file = 'resources.ndjson';

interface Turn {
  peakMemoryBytes: number;
  peakHeapBytes: number;
  peakHandles: number;
  maxLoopDelayMs: number;
  delays: number[];
  runsAtOnce: number;
}

/** Nothing runs while there is no run. */
export function createProcessMonitor(): ProcessMonitor {
  const turns = new Set<Turn>();
  let loop: ReturnType<typeof monitorEventLoopDelay> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let latestDelayMs = 0;

  const look = (): void => {
    const { rss, heapUsed } = process.memoryUsage();
    const handles = process.getActiveResourcesInfo().length;
    const isMeasured = loop !== undefined && loop.count > 0;
    const mean = isMeasured ? loop!.mean / 1e6 : 0;
    latestDelayMs = isMeasured ? loop!.max / 1e6 : 0;
    loop?.reset();
    for (const turn of turns) {
      turn.peakMemoryBytes = Math.max(turn.peakMemoryBytes, rss);
      turn.peakHeapBytes = Math.max(turn.peakHeapBytes, heapUsed);
      turn.peakHandles = Math.max(turn.peakHandles, handles);
      turn.maxLoopDelayMs = Math.max(turn.maxLoopDelayMs, latestDelayMs);
      turn.runsAtOnce = Math.max(turn.runsAtOnce, turns.size);
      if (isMeasured) turn.delays.push(mean);
      if (turn.delays.length > 3_600) turn.delays = turn.delays.slice(-1_800);
    }
  };

  return {
    begin() {
      const turn: Turn = { peakMemoryBytes: 0, peakHeapBytes: 0, peakHandles: 0, maxLoopDelayMs: 0, delays: [], runsAtOnce: 0 };
      const startedAt = Date.now();
      const before = process.cpuUsage();
      turns.add(turn);
      if (loop === undefined) {
        loop = monitorEventLoopDelay({ resolution: 20 });
        loop.enable();
        timer = setInterval(look, sampleMs).unref();
      }
      look();
      return () => {
        look();
        turns.delete(turn);
        if (turns.size === 0) {
          clearInterval(timer);
          loop?.disable();
          loop = undefined;
        }
        const { user, system } = process.cpuUsage(before);
        return {
          pid: process.pid, startedAt, endedAt: Date.now(), cpuMs: Math.round((user + system) / 1_000),
          peakMemoryBytes: turn.peakMemoryBytes, peakHeapBytes: turn.peakHeapBytes, peakHandles: turn.peakHandles, runsAtOnce: turn.runsAtOnce,
          meanLoopDelayMs: tenths(turn.delays.reduce((sum, delay) => sum + delay, 0) / Math.max(1, turn.delays.length)), maxLoopDelayMs: tenths(turn.maxLoopDelayMs),
        };
      };
    },
    sample() {
      const { user, system } = process.cpuUsage();
      const { rss, heapUsed } = process.memoryUsage();
      return { cpuMs: (user + system) / 1_000, memoryBytes: rss, heapBytes: heapUsed, handles: process.getActiveResourcesInfo().length, maxLoopDelayMs: latestDelayMs };
    },
  };
}

/** Which step a command belongs to. */
const stateNow = new AsyncLocalStorage<string>();

/** Keeps what a run takes in its folder. */
export function monitorRun(monitor: ProcessMonitor, folder: string): RunWatch {
  const end = monitor.begin();
  const begun = { pid: process.pid, startedAt: Date.now() };
  const write = (line: object): Promise<void> => appendFile(path.join(folder, file), `${JSON.stringify(line)}\n`, { mode: 0o600 });
  const said = write({ begun }).catch(() => undefined);
  const groups = new Map<string, CommandsUse>();
  return {
    began: ({ state }) => ({ within: (work) => stateNow.run(state, work) }),
    ran(command) {
      const state = stateNow.getStore() ?? '';
      const program = groups.size < mostGroups ? command.program : 'other';
      groups.set(`${state} ${program}`, addCommand(groups.get(`${state} ${program}`), state, program, command));
    },
    async closed() {
      const process = end();
      await said;
      await write({ begun, process, commands: [...groups.values()] });
    },
  };
}

/** A workspace whose commands are told of, those on copies of it as well. */
export function meteredWorkspace(workspace: TaskWorkspace, ran: (command: RanCommand) => void): TaskWorkspace {
  return {
    ...workspace,
    async run(command, options) {
      const result = await workspace.run(command, options);
      ran(describeCommand(command, result));
      return result;
    },
    checkout: async (tree) => meteredWorkspace(await workspace.checkout(tree), ran),
  };
}

/** What was kept of a run; a line that a crash cut off is left out. */
export async function readResources(folder: string): Promise<RunResources> {
  const text = await readFile(path.join(folder, file), 'utf8').catch(() => '');
  const lines = text.split('\n').flatMap((line) => {
    try {
      return [JSON.parse(line) as TurnLine];
    } catch {
      return [];
    }
  });
  const turns = lines.filter((line) => 'process' in line);
  const begun = lines.flatMap((line) => ('process' in line || line.begun === undefined ? [] : [line.begun]));
  const groups = Map.groupBy(turns.flatMap(({ commands }) => commands), ({ state, program }) => `${state} ${program}`);
  return {
    processes: turns.map((turn) => turn.process),
    // One process at a time has a run: whoever began before the last one and has said nothing is gone.
    lost: begun.slice(0, -1).filter((turn) => !turns.some((ended) => ended.begun?.pid === turn.pid && ended.begun.startedAt === turn.startedAt)),
    commands: [...groups.values()].map(joinCommands),
  };
}

/** Written when a turn begins, and when it ends. */
type TurnLine =
  | { readonly begun: Pick<ProcessUse, 'pid' | 'startedAt'> }
  | { readonly begun?: Pick<ProcessUse, 'pid' | 'startedAt'>; readonly process: ProcessUse; readonly commands: readonly CommandsUse[] };

/** Several groups as one; state and program are the first one's. */
export function joinCommands(groups: readonly CommandsUse[]): CommandsUse {
  return groups.reduce((left, right) => ({
    ...left, count: left.count + right.count, failed: left.failed + right.failed, durationMs: left.durationMs + right.durationMs, cpuMs: left.cpuMs + right.cpuMs,
    peakMemoryBytes: Math.max(left.peakMemoryBytes, right.peakMemoryBytes), peakProcesses: Math.max(left.peakProcesses, right.peakProcesses),
    outputCharacters: left.outputCharacters + right.outputCharacters, writtenBytes: left.writtenBytes + right.writtenBytes,
  }));
}

function addCommand(before: CommandsUse | undefined, state: string, program: string, { exitCode, timedOut: _timedOut, program: _program, durationMs, cpuMs, ...rest }: RanCommand): CommandsUse {
  const one: CommandsUse = { state, program, count: 1, failed: exitCode === 0 ? 0 : 1, durationMs: Math.round(durationMs), cpuMs: Math.round(cpuMs), ...rest };
  return before === undefined ? one : joinCommands([before, one]);
}

function describeCommand(command: readonly string[], result: CommandResult): RanCommand {
  const { exitCode, timedOut, durationMs, cpuMs, peakMemoryBytes, peakProcesses, writtenBytes, output, omitted } = result;
  return { program: path.basename(command[0] ?? '').slice(0, 60), exitCode, timedOut, durationMs, cpuMs, peakMemoryBytes, peakProcesses, writtenBytes, outputCharacters: output.length + omitted };
}

const tenths = (number: number): number => Math.round(number * 10) / 10;
