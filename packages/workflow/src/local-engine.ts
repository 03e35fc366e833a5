import { parseResult } from '@fw/agents-core';
import type { Agent, AgentContext, Json } from '@fw/agents-core';
import { digestOf } from './canonical.ts';
import { defineWorkflow } from './definition.ts';
import type { RunHandle, RunHost, RunOutcome, RunSummary, RunWaiting, StartOptions, WorkflowEngine } from './engine.ts';
import { holderOfThisProcess, isGone } from './holder.ts';
import { interpret } from './interpret.ts';
import type { JournalEntry, LiveDelta } from './journal-entry.ts';
import type { Claim, JournalStore, RunRecord, RunStatus } from './journal-store.ts';
import { LocalBackend, Parked } from './local-backend.ts';
import { Machine } from './machine.ts';
import { unknownRun } from './memory-store.ts';
import type { AgentSource } from './manager.ts';
import { firstState } from './run-state.ts';
import type { RunState } from './run-state.ts';
import { WatchedRun } from './watched-run.ts';
import { describeError, WorkflowError } from './workflow-error.ts';

export interface LocalEngineOptions {
  readonly store: JournalStore;
  /** Agents by name; a registry of `@fw/agents-core` or a list. */
  readonly agents?: AgentSource | readonly Agent[];
  /** Gives a run its model, tools, workspace and guards while this process drives it. */
  readonly host?: (run: HostedRun) => RunHost | Promise<RunHost>;
  /** Lifetime of a claim without a heartbeat; default 10,000 ms. */
  readonly leaseMs?: number;
  /** `all` (default): takes up every run of the store that is due. `own`: only runs that were started or attached here. */
  readonly pickUp?: 'all' | 'own';
  /** Removes secrets from every value before an agent or the journal sees it. */
  readonly redact?: (value: Json) => Json;
  /** Epoch milliseconds; default `Date.now`. */
  readonly clock?: () => number;
  /** Passed to `initialize` of the agents. */
  readonly config?: Json;
  readonly log?: (message: string, data?: Json) => void;
}

export interface HostedRun {
  readonly id: string;
  readonly input: Json;
  /** Aborts when the run is cancelled, put down or lost. */
  readonly signal: AbortSignal;
}

const DEFAULT_LEASE_MS = 10_000;
const PICK_UP_MS = 500;

/** The embedded engine: drives runs in this process, on any store, with nothing else to install. */
export function createLocalEngine(options: LocalEngineOptions): WorkflowEngine {
  const { store, leaseMs = DEFAULT_LEASE_MS, clock = Date.now, redact = (value: Json): Json => value, log = (): void => {} } = options;
  const holder = holderOfThisProcess();
  const source: AgentSource = options.agents === undefined ? { list: () => [] } : 'list' in options.agents ? options.agents : { list: () => options.agents as readonly Agent[] };
  const watched = new Map<string, WatchedRun>();
  const driving = new Map<string, { readonly backend: LocalBackend; readonly ended: Promise<void> }>();
  const own = new Set<string>();
  const initialized = new Map<Agent, Promise<void>>();
  let closing: Promise<void> | undefined;
  let picking = false;

  const watch = (id: string): WatchedRun => {
    let run = watched.get(id);
    if (!run) watched.set(id, (run = new WatchedRun(id)));
    return run;
  };
  const assertOpen = (): void => {
    if (closing) throw new WorkflowError('FW_WORKFLOW_CLOSED', { message: 'This engine was closed.' });
  };
  const recordOf = async (id: string): Promise<RunRecord> => {
    const record = await store.get(id);
    if (!record) throw unknownRun(id);
    return record;
  };

  /** Claims and drives a run; false when another process holds it or it has ended. */
  const takeUp = async (id: string): Promise<boolean> => {
    if (driving.has(id)) return true;
    const record = await recordOf(id);
    const gone = record.holder !== undefined && record.holder !== holder && isGone(record.holder) ? { gone: record.holder } : {};
    const claim = await store.claim(id, { holder, now: clock(), ttlMs: leaseMs, ...gone });
    if (!claim) return driving.has(id);
    if (closing || driving.has(id)) {
      await store.release(id, claim.token, { now: clock(), status: 'running' });
      return driving.has(id);
    }
    own.add(id);
    let begin: () => void = () => {};
    const begun = new Promise<void>((resolve) => { begin = resolve; });
    const drive = new Drive(id, claim, { store, leaseMs, clock, redact, log, watch: watch(id), agents: source.list(), host: options.host, initialize });
    const ended = begun.then(() => drive.run()).finally(() => driving.delete(id));
    driving.set(id, { backend: drive.backend, ended });
    begin();
    return true;
  };

  const initialize = async (agents: readonly Agent[]): Promise<void> => {
    await Promise.all(agents.map((agent) => {
      const started = initialized.get(agent) ?? Promise.resolve(agent.initialize?.({ config: options.config ?? {}, log }));
      initialized.set(agent, started);
      return started;
    }));
  };

  const pickUpDue = async (): Promise<void> => {
    if (picking || closing) return;
    picking = true;
    try {
      for (const id of await store.due(clock())) {
        if (driving.has(id) || (options.pickUp === 'own' && !own.has(id))) continue;
        await takeUp(id);
      }
      await announceForeignEnds();
    } catch (error) {
      log('Runs that are due could not be taken up.', describeError(error));
    } finally {
      picking = false;
    }
  };

  /** Runs that somebody here awaits and another process ended. */
  const announceForeignEnds = async (): Promise<void> => {
    for (const run of watched.values()) {
      if (run.awaited && !driving.has(run.id)) await announce(run);
    }
  };
  const announce = async (run: WatchedRun): Promise<void> => {
    const record = await recordOf(run.id);
    if (record.result !== undefined) run.end(record.result as unknown as RunOutcome);
    else if (record.status === 'waiting' && (record.wakeAt ?? Infinity) > clock()) run.wait(waitingOf(record));
  };

  const timer = setInterval(() => {
    if ([...watched.values()].some((run) => run.awaited)) timer.ref();
    else timer.unref();
    void pickUpDue();
  }, PICK_UP_MS);
  timer.unref();

  const handleOf = (id: string): RunHandle => ({
    id,
    events: (events = {}) => readEvents(store, watch(id), id, events),
    async signal(name, value) {
      assertOpen();
      if (!(await store.answer(id, name, redact(value), clock()))) {
        throw new WorkflowError('FW_SIGNAL_ANSWERED', { message: `"${name}" of run "${id}" has its answer already; a second one changes nothing.` });
      }
      driving.get(id)?.backend.poke();
      void pickUpDue();
    },
    async cancel(reason) {
      assertOpen();
      await store.cancel(id, reason, clock());
      driving.get(id)?.backend.cancel(reason);
      void pickUpDue();
    },
    async result() {
      const run = watch(id);
      const waiting = run.ended();
      timer.ref();
      await announce(run);
      return waiting;
    },
    async settled() {
      const run = watch(id);
      const waiting = run.settled();
      timer.ref();
      if (!driving.has(id)) await announce(run);
      return waiting;
    },
  });

  return {
    specVersion: 1,
    async start(start: StartOptions) {
      assertOpen();
      const definition = defineWorkflow(start.definition);
      const fingerprint = start.fingerprint ?? digestOf(definition as unknown as Json);
      const created = await store.create({ id: start.id, definition, input: start.input, fingerprint }, clock());
      if (!created) {
        const record = await recordOf(start.id);
        if (record.fingerprint !== fingerprint || digestOf(record.input) !== digestOf(start.input)) {
          throw new WorkflowError('FW_WORKFLOW_CHANGED', { message: `Run "${start.id}" exists already with another definition or input. Use another id, or attach to it.` });
        }
      }
      own.add(start.id);
      await takeUp(start.id);
      return handleOf(start.id);
    },
    async attach(id) {
      assertOpen();
      const record = await recordOf(id);
      if (record.result !== undefined) return handleOf(id);
      if (!(await takeUp(id)) && (await recordOf(id)).result === undefined) {
        throw new WorkflowError('FW_WORKFLOW_LEASED', { message: `Run "${id}" is held by another process (${record.holder?.split('|').slice(0, 2).join(', process ') ?? 'unknown'}); it continues there. Watch it, or wait until it lets go.`, retryable: true });
      }
      return handleOf(id);
    },
    async watch(id) {
      assertOpen();
      await recordOf(id);
      return handleOf(id);
    },
    async *list(filter: { readonly status?: RunStatus } = {}) {
      for await (const { id, status, createdAt, updatedAt } of store.list(filter)) yield { id, status, createdAt, updatedAt } satisfies RunSummary;
    },
    close() {
      closing ??= (async () => {
        clearInterval(timer);
        for (const { backend } of driving.values()) backend.stop(new Parked({}));
        await Promise.allSettled([...driving.values()].map(({ ended }) => ended));
        await Promise.allSettled([...initialized.keys()].map((agent) => agent.cleanup?.('done')));
        for (const run of watched.values()) run.fail(new WorkflowError('FW_WORKFLOW_CLOSED', { message: 'The engine was closed while the run had not ended; it can be resumed.' }));
      })();
      return closing;
    },
  };
}

interface DriveOptions {
  readonly store: JournalStore;
  readonly leaseMs: number;
  readonly clock: () => number;
  readonly redact: (value: Json) => Json;
  readonly log: (message: string, data?: Json) => void;
  readonly watch: WatchedRun;
  readonly agents: readonly Agent[];
  readonly host: LocalEngineOptions['host'];
  readonly initialize: (agents: readonly Agent[]) => Promise<void>;
}

/** One process's turn at one run: from the claim to the end, or to where it is put down. */
class Drive {
  readonly backend: LocalBackend;
  readonly #id: string;
  readonly #claim: Claim;
  readonly #options: DriveOptions;
  readonly #abort = new AbortController();
  #machine: Machine | undefined;
  #host: RunHost | undefined;
  #cancelled: WorkflowError | undefined;
  #state: RunState | undefined;

  constructor(id: string, claim: Claim, options: DriveOptions) {
    this.#id = id;
    this.#claim = claim;
    this.#options = options;
    this.backend = new LocalBackend({
      store: options.store, run: id, claim, clock: options.clock, redact: options.redact,
      onSettled: (entry) => this.#host?.settled?.(entry),
      onStored: () => options.watch.changed(),
      onDelta: (key, attempt, index, delta) => options.watch.delta({ run: id, key, attempt, index, delta }),
      onCancel: (error) => {
        this.#cancelled = error;
        this.#machine?.cancel(error);
        this.#abort.abort(error);
      },
    });
  }

  async run(): Promise<void> {
    const beat = this.#startHeartbeat();
    let reason: Parameters<NonNullable<RunHost['close']>>[0] = 'failed';
    try {
      const outcome = await this.#drive();
      await this.backend.conclude(outcome as unknown as Json);
      await this.#options.store.finish(this.#id, this.#claim.token, { now: this.#options.clock(), status: outcome.status, result: outcome as unknown as Json });
      reason = outcome.status === 'success' ? 'done' : outcome.status;
      await this.#close(reason);
      this.#options.watch.end(outcome);
    } catch (stopped) {
      this.#abort.abort(stopped);
      reason = stopped instanceof Parked ? 'waiting' : 'failed';
      await this.#close(reason);
      await this.#putDown(stopped);
    } finally {
      clearInterval(beat);
    }
  }

  async #drive(): Promise<RunOutcome> {
    const { record } = this.#claim;
    if (record.cancel !== undefined) this.backend.cancel(record.cancel);
    await this.#options.initialize(this.#options.agents);
    this.#host = this.#options.host ? await this.#options.host({ id: this.#id, input: record.input, signal: this.#abort.signal }) : withoutHost;
    const machine = new Machine(this.backend, record.createdAt);
    this.#machine = machine;
    const host = this.#host;
    assertGuards(record, host);
    try {
      return await machine.drive(() => interpret(machine, {
        run: this.#id, definition: record.definition, input: record.input, agents: this.#options.agents, host, abort: this.#abort.signal, parseResult,
        onState: (state) => { this.#state = state; },
      }));
    } catch (error) {
      if (this.#cancelled && !(error instanceof Parked)) return { status: 'cancelled', state: this.#state ?? firstState(record.definition.initial), code: 'FW_WORKFLOW_CANCELLED', message: this.#cancelled.message };
      throw error;
    }
  }

  #startHeartbeat(): NodeJS.Timeout {
    const { store, leaseMs, clock } = this.#options;
    let lastHeld = clock();
    const beat = setInterval(() => {
      store.renew(this.#id, this.#claim.token, { now: clock(), ttlMs: leaseMs }).then(({ held, cancel }) => {
        if (!held) this.#lose('the lease was lost');
        lastHeld = clock();
        if (cancel !== undefined) this.backend.cancel(cancel);
      }, (error: unknown) => {
        if (clock() - lastHeld > leaseMs) this.#lose(describeError(error).message);
      });
    }, Math.max(20, Math.floor(leaseMs / 3)));
    beat.unref();
    return beat;
  }

  #lose(why: string): void {
    const error = new WorkflowError('FW_WORKFLOW_LEASED', { message: `Run "${this.#id}" does not belong to this process any more: ${why}.` });
    this.#abort.abort(error);
    this.backend.stop(error);
  }

  async #close(reason: Parameters<NonNullable<RunHost['close']>>[0]): Promise<void> {
    await this.#host?.close?.(reason).catch((error: unknown) => this.#options.log('A run could not be closed cleanly.', describeError(error)));
  }

  /** Not ended: waits, was paused, the process closes, or something broke that is not the run's fault. */
  async #putDown(stopped: unknown): Promise<void> {
    const { store, clock, watch, log } = this.#options;
    const parked = stopped instanceof Parked ? stopped : undefined;
    const broken = parked ? undefined : describeError(stopped);
    const paused = parked ? parked.pause : broken;
    const idle = parked !== undefined && !parked.pause && parked.waits.length === 0 && parked.wakeAt === undefined;
    try {
      if (broken?.code !== 'FW_WORKFLOW_LEASED') {
        await store.release(this.#id, this.#claim.token, {
          now: clock(), status: idle ? 'running' : 'waiting', ...(paused && { paused }),
          ...(parked?.wakeAt !== undefined && { wakeAt: parked.wakeAt }), ...(parked && { waits: parked.waits }),
        });
      }
    } catch (error) {
      log('A run could not be put down; its lease will run out.', describeError(error));
    }
    if (broken) watch.fail(stopped instanceof Error ? stopped : new WorkflowError('FW_STEP_FAILED', { message: broken.message }));
    else if (!idle) {
      const record = await store.get(this.#id).catch(() => undefined);
      if (record && (record.wakeAt ?? Infinity) > clock()) watch.wait(waitingOf(record));
    }
  }
}

function waitingOf(record: RunRecord): RunWaiting {
  const { paused, questions, wakeAt } = record;
  const names = questions.map((question) => question.name).join(', ');
  return {
    status: 'waiting',
    code: paused?.code ?? (questions.length > 0 ? 'FW_RUN_WAITING' : 'FW_RUN_SLEEPING'),
    message: paused?.message ?? (questions.length > 0 ? `The run waits for: ${names}.` : 'The run waits for a timer.'),
    questions,
    ...(wakeAt !== undefined && { wakeAt }),
  };
}

/** A guard that nobody answers would never hold: said before anything runs. */
function assertGuards(record: RunRecord, host: RunHost): void {
  const { guards } = host.facts(firstState(record.definition.initial));
  const named = Object.values(record.definition.states).flatMap((state) => ('final' in state ? [] : Object.values(state.on).flatMap((arrow) => arrow?.guard ?? [])));
  const missing = [...new Set(named)].filter((name) => !Object.hasOwn(guards, name));
  if (missing.length > 0) {
    throw new WorkflowError('FW_WORKFLOW_ILLEGAL', { message: `Workflow "${record.definition.name}" names the guards ${missing.map((name) => `"${name}"`).join(', ')}, which the engine's host does not answer. Give them in facts().guards, or leave them out of the definition.` });
  }
}

const withoutHost: RunHost = {
  context: () => () => {
    const missing = (what: string) => (): never => {
      throw new WorkflowError('FW_WORKFLOW_NO_HOST', { message: `This engine was made without a host, so an agent has no ${what}. Pass \`host\` to the engine, or use @fw/framework.` });
    };
    return {
      model: { generate: missing('model') },
      tools: { list: [], call: missing('tools'), callAll: missing('tools') },
      workspace: { read: missing('workspace'), write: missing('workspace'), run: missing('workspace'), tree: missing('workspace') },
      emit: () => {},
    } satisfies Pick<AgentContext, 'model' | 'tools' | 'workspace' | 'emit'>;
  },
  facts: () => ({ evidence: [], guards: {} }),
};

async function* readEvents(store: JournalStore, run: WatchedRun, id: string, options: { readonly from?: number; readonly live?: boolean; readonly signal?: AbortSignal }): AsyncIterable<JournalEntry | LiveDelta> {
  let last = options.from ?? 0;
  const deltas = options.live ? run.subscribe() : undefined;
  try {
    for (;;) {
      const version = run.version;
      const ended = (await store.get(id))?.result !== undefined;
      for (const entry of await store.read(id, last)) {
        last = entry.seq;
        yield entry;
      }
      if (!deltas || ended || options.signal?.aborted) return;
      for (const delta of deltas.take()) yield delta;
      await run.changedSince(version, PICK_UP_MS, options.signal);
    }
  } finally {
    deltas?.close();
  }
}
