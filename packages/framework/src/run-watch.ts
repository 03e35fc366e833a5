import type { Json, StepContext } from '@fw/agents-core';
import type { JournalEntry, LeafPort } from '@fw/workflow';

/** Follows every run that a framework drives. Nothing that it throws or rejects reaches a run, and nothing waits for it but the end of the run's turn, for a while. */
export interface RunListener {
  /** A run is taken up by this process. Called inside what `start` or `resume` was called in. */
  watch(run: WatchedRun): RunWatch | Promise<RunWatch>;
  /** The framework closes. */
  close?(): Promise<void>;
}

export interface WatchedRun {
  readonly id: string;
  /** The workflow's name. */
  readonly workflow: string;
  readonly goal: string;
  /** Where it may keep small files of its own. */
  readonly folder: string;
  /** Folder of the run that this one was forked off. */
  readonly forkedFrom?: string;
  readonly simulated: boolean;
  /** Takes secrets out of text that goes elsewhere. */
  readonly redact: (value: Json) => Json;
}

/** One process's turn at one run. */
export interface RunWatch {
  /** An agent is called; on a replay too. */
  called?(agent: Pick<WatchedStep, 'state' | 'visit' | 'agent'>): void;
  /** A step begins here; what is replayed does not begin. */
  began?(step: WatchedStep): StepWatch | undefined;
  /** A tool that has steps inside begins; on a replay too. What it gives is called when it ends. */
  entered?(scope: WatchedScope): (() => void) | undefined;
  /** Every entry as it settles, replayed ones too. */
  settled?(entry: JournalEntry): void;
  /** A command has run, in the step that has this key. */
  ran?(command: RanCommand): void;
  /** The process lets the run go. */
  closed?(reason: 'done' | 'failed' | 'cancelled' | 'waiting'): void | Promise<void>;
}

export interface WatchedStep {
  readonly key: string;
  /** `model`, `tool.read_file`, `tests`, … */
  readonly name: string;
  readonly origin: JournalEntry['origin'];
  readonly state: string;
  readonly visit: number;
  readonly agent: string;
  readonly attempt: number;
  /** Not redacted. */
  readonly input?: Json;
}

export interface WatchedScope {
  /** Keys of steps inside begin with it. */
  readonly key: string;
  readonly tool: string;
}

export interface StepWatch {
  /** The step is run inside of it. */
  within?<T>(work: () => T): T;
  /** Not redacted. */
  ended?(end: { readonly output?: Json; readonly error?: unknown }): void;
}

export interface RanCommand {
  readonly program: string;
  readonly exitCode: number;
  readonly timedOut: boolean;
  readonly durationMs: number;
  readonly cpuMs: number;
  readonly peakMemoryBytes: number;
  readonly peakProcesses: number;
  readonly outputCharacters: number;
  readonly writtenBytes: number;
}

/** Several as one; what one of them throws is nobody else's. */
export function joinWatches(watches: readonly RunWatch[]): Required<RunWatch> {
  const each = <T>(call: (watch: RunWatch) => T): T[] => watches.flatMap((watch) => {
    const given = quietly(() => call(watch));
    return given === undefined ? [] : [given];
  });
  return {
    called: (agent) => { each((watch) => { watch.called?.(agent); }); },
    began(step) {
      const steps = each((watch) => watch.began?.(step)).filter((one) => one !== undefined);
      if (steps.length < 2) return steps[0] && guarded(steps[0]);
      return {
        within: (work) => steps.reduce<() => ReturnType<typeof work>>((inner, { within }) => (within === undefined ? inner : () => inside(within, inner)), work)(),
        ended: (end) => { for (const one of steps) quietly(() => { one.ended?.(end); }); },
      };
    },
    entered(scope) {
      const ends = each((watch) => watch.entered?.(scope)).filter((one) => one !== undefined);
      return () => { for (const end of ends) quietly(end); };
    },
    settled: (entry) => { each((watch) => { watch.settled?.(entry); }); },
    ran: (command) => { each((watch) => { watch.ran?.(command); }); },
    async closed(reason) {
      const late = Promise.withResolvers<void>();
      const timer = setTimeout(late.resolve, longestMs);
      await Promise.race([Promise.allSettled(each((watch) => watch.closed?.(reason))), late.promise]);
      clearTimeout(timer);
    },
  };
}

/** A port whose steps are told of. */
export function watchPort(port: LeafPort, watch: Pick<Required<RunWatch>, 'began'>, place: Pick<WatchedStep, 'state' | 'visit' | 'agent'>): LeafPort {
  return {
    leaf: (name, run, options) => port.leaf(name, (context: StepContext) => {
      const step = watch.began({ key: context.key, name, origin: options.origin, ...place, attempt: context.attempt, ...(options.input !== undefined && { input: options.input }) });
      if (step === undefined) return run(context);
      const { within = runIt, ended } = step;
      // Who only wants to be around it costs a run that waits nothing.
      if (ended === undefined) return within(() => run(context));
      return within(async () => {
        try {
          const output = await run(context);
          ended({ output: output.output });
          return output;
        } catch (error) {
          ended({ error });
          throw error;
        }
      });
    }, options),
  };
}

/** How long the end of a turn waits for those who follow it. */
const longestMs = 5_000;

function guarded({ within, ended }: StepWatch): StepWatch {
  return { ...(within && { within: (work) => inside(within, work) }), ...(ended && { ended: (end) => { quietly(() => { ended(end); }); } }) };
}

/** What is run inside is run, whatever is around it. */
function inside<T>(within: NonNullable<StepWatch['within']>, work: () => T): T {
  let begun = false;
  try {
    return within(() => {
      begun = true;
      return work();
    });
  } catch (error) {
    if (begun) throw error;
    return work();
  }
}

const runIt = <T>(work: () => T): T => work();

function quietly<T>(work: () => T): T | undefined {
  try {
    const given = work();
    if (given instanceof Promise) given.catch(() => {});
    return given;
  } catch {
    return undefined;
  }
}
