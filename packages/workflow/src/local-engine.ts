import type { Agent, Json } from '@fw/agents-core';
import { digestOf } from './canonical.ts';
import { defineWorkflow } from './definition.ts';
import type { WorkflowDefinition } from './definition.ts';
import { Drive } from './drive.ts';
import type { DriveEnd, DriveOptions } from './drive.ts';
import type { HostedRun, RunHandle, RunHost, RunOutcome, RunSummary, StartOptions, WorkflowEngine } from './engine.ts';
import { differences, fingerprintOf } from './fingerprint.ts';
import { createChildren } from './child-runs.ts';
import { createFork, planFork } from './fork-run.ts';
import { isForeign, isGone, newHolder } from './holder.ts';
import type { Claim, JournalStore, RunRecord, RunStatus } from './journal-store.ts';
import type { LocalBackend } from './local-backend.ts';
import { unknownRun } from './memory-store.ts';
import type { AgentSource, HandleFailure } from './manager.ts';
import { findMigration, migrateRun } from './migrate-run.ts';
import type { Migration } from './migrate-run.ts';
import type { Children } from './open-waits.ts';
import { Parked } from './parked.ts';
import { plainJson } from './plain-json.ts';
import { pruneRuns } from './prune-runs.ts';
import { replayRun } from './replay-run.ts';
import type { ReplayOptions } from './replay-run.ts';
import { createRunHandle } from './run-handle.ts';
import type { RunHandleOptions } from './run-handle.ts';
import { assertId } from './run-id.ts';
import { waitingOf } from './run-waiting.ts';
import { shareDefinitions } from './share-definitions.ts';
import { WatchedRun } from './watched-run.ts';
import { withoutHost } from './without-host.ts';
import { describeError, WorkflowError } from './workflow-error.ts';

export interface LocalEngineOptions {
  readonly store: JournalStore;
  /** Agents by name; a registry of `@fw/agents-core` or a list. */
  readonly agents?: AgentSource | readonly Agent[];
  /** What is done when an agent threw: tried again, another agent, sent back, or stopped. Pure: each decision is journaled, and computed again on replay. */
  readonly handleFailure?: HandleFailure;
  /** What agents may begin with `context.child`, by name. */
  readonly definitions?: readonly WorkflowDefinition[];
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

const DEFAULT_LEASE_MS = 10_000;
const PICK_UP_MS = 500;

/** The embedded engine: drives runs in this process, on any store, with nothing else to install. */
export function createLocalEngine(options: LocalEngineOptions): WorkflowEngine {
  const { store, leaseMs = DEFAULT_LEASE_MS, clock = Date.now, redact = (value: Json): Json => value } = options;
  const log = (message: string, data?: Json): void => {
    try {
      options.log?.(message, data);
    } catch {
      // A logger that throws must not end a run.
    }
  };
  const definitions = (options.definitions ?? []).map(defineWorkflow);
  const shared = shareDefinitions();
  const holder = newHolder();
  const source: AgentSource = options.agents === undefined ? { list: () => [] } : 'list' in options.agents ? options.agents : { list: () => options.agents as readonly Agent[] };
  const watched = new Map<string, WatchedRun>();
  const driving = new Map<string, { readonly backend: LocalBackend; readonly ended: Promise<void> }>();
  const takingUp = new Map<string, Promise<boolean>>();
  const own = new Set<string>();
  const initialized = new Map<Agent, Promise<void>>();
  let closing: Promise<void> | undefined;
  let picking: Promise<void> | undefined;
  let isLookWanted = false;
  let hasLooked = false;

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
  const takeUp = async (id: string, migration?: Migration): Promise<boolean> => {
    const taking = takingUp.get(id);
    if (migration && (taking || driving.has(id))) {
      throw new WorkflowError('FW_WORKFLOW_LEASED', { message: `Run "${id}" is under way in this process and cannot be migrated now. Close the engine, and migrate it in a new one.` });
    }
    if (driving.has(id)) return true;
    if (taking) return taking;
    const begun = claimAndDrive(id, migration).finally(() => takingUp.delete(id));
    takingUp.set(id, begun);
    return begun;
  };
  const claimAndDrive = async (id: string, migration: Migration | undefined): Promise<boolean> => {
    const record = await recordOf(id);
    if (isForeign(record.holder)) return false;
    // Also a lease of our own that could not be given back, on a full disk for one: nobody here drives it.
    const gone = record.holder !== undefined && (record.holder === holder || isGone(record.holder)) ? { gone: record.holder } : {};
    let claim = await store.claim(id, { holder, now: clock(), ttlMs: leaseMs, ...gone });
    if (!claim) return false;
    if (closing) {
      await store.release(id, claim.token, { now: clock(), status: 'running' });
      return false;
    }
    if (migration) claim = await migrateClaimed(record, claim, migration);
    own.add(id);
    watch(id).failure = undefined;
    const { parent } = claim.record;
    const drive = new Drive(id, { ...claim, record: { ...claim.record, definition: shared(claim.record.definition) } }, source.list(), driveOptions);
    const ended = Promise.resolve().then(() => drive.run()).then((end) => {
      // First: whoever hears of the end may take the run up again.
      driving.delete(id);
      if (parent !== undefined) tellParent(parent);
      return tellEnd(id, end);
    });
    driving.set(id, { backend: drive.backend, ended });
    return true;
  };
  /** A run that waits for a child is put down with it, and goes on with its end. */
  const tellParent = (parent: string): void => {
    const driven = driving.get(parent);
    if (driven) driven.backend.poke();
    else void pickUpDue();
  };
  const migrateClaimed = async (before: RunRecord, claim: Claim, migration: Migration): Promise<Claim> => {
    try {
      return await migrateRun(store, claim, migration, { clock, redact });
    } catch (error) {
      // As it was: it waits for what it waited for, or is free.
      const { id, status, paused, wakeAt, questions } = before;
      await store.release(id, claim.token, { now: clock(), status: status === 'waiting' ? 'waiting' : 'running', waits: questions, ...(paused && { paused }), ...(wakeAt !== undefined && { wakeAt }) });
      throw error;
    }
  };
  const tellEnd = async (id: string, end: DriveEnd): Promise<void> => {
    const run = watch(id);
    if (end.status === 'ended') {
      own.delete(id);
      run.end(end.outcome);
    } else if (end.status === 'broken') {
      run.failure = end.error;
      run.fail(end.error);
    } else if (end.status === 'waiting') {
      await announce(run).catch((error: unknown) => log('What a run waits for could not be read.', describeError(error)));
    }
    forget(run);
  };
  const forget = (run: WatchedRun): void => {
    if (!run.isInUse && !driving.has(run.id)) watched.delete(run.id);
  };

  const initialize = async (agents: readonly Agent[]): Promise<void> => {
    await Promise.all(agents.map((agent) => {
      let started = initialized.get(agent);
      if (!started) {
        started = (async () => agent.initialize?.({ config: options.config ?? {}, log }))();
        initialized.set(agent, started);
        started.catch(() => initialized.delete(agent));
      }
      return started;
    }));
  };

  /** A look that has begun may have missed what came since: another one follows it. */
  const pickUpDue = (): Promise<void> => {
    isLookWanted = picking !== undefined;
    return (picking ??= pickUp().finally(() => {
      picking = undefined;
      if (isLookWanted && !closing) void pickUpDue();
    }));
  };
  const pickUp = async (): Promise<void> => {
    try {
      for (const id of [...(await store.due(clock())), ...(await abandoned())]) {
        if (closing) return;
        if (options.pickUp === 'own' && !own.has(id)) continue;
        await takeUp(id).catch((error: unknown) => log(`Run "${id}" is due and could not be taken up.`, describeError(error)));
      }
      await tellForeignEnds();
    } catch (error) {
      log('Runs that are due could not be taken up.', describeError(error));
    }
  };

  /** At the first look: runs whose process on this machine has died, though their lease has not ended yet. */
  const abandoned = async (): Promise<readonly string[]> => {
    if (hasLooked || options.pickUp === 'own') return [];
    hasLooked = true;
    const ids: string[] = [];
    for await (const { id, holder: before } of store.list({ status: 'running' })) if (before !== undefined && isGone(before)) ids.push(id);
    return ids;
  };

  /** Runs that somebody here awaits and another process ended. */
  const tellForeignEnds = async (): Promise<void> => {
    for (const run of [...watched.values()]) {
      if (run.isAwaited && !driving.has(run.id)) await announce(run);
      forget(run);
    }
  };
  /** Tells those who await a run what the store knows of it. */
  const announce = async (run: WatchedRun): Promise<void> => {
    const record = await store.get(run.id);
    if (!record) return run.fail(unknownRun(run.id));
    if (driving.has(run.id)) return;
    if (record.result !== undefined) run.end(record.result as unknown as RunOutcome);
    // Also of one that could not even be put down: until its lease has run out it looks as if somebody had it.
    else if (run.failure && (record.status === 'waiting' || record.holder === holder)) run.fail(run.failure);
    else if (record.status !== 'waiting') return;
    else if ((record.wakeAt ?? Infinity) > clock()) run.wait(waitingOf(record));
  };
  /** Keeps the process alive while somebody awaits a run. */
  const listen = async <T>(run: WatchedRun, waiting: Promise<T>): Promise<T> => {
    timer.ref();
    await announce(run).catch((error: Error) => run.fail(error));
    return waiting;
  };

  const timer = setInterval(() => {
    if ([...watched.values()].some((run) => run.isAwaited)) timer.ref();
    else timer.unref();
    void pickUpDue();
  }, PICK_UP_MS);
  timer.unref();

  const handleOptions: RunHandleOptions = {
    store, clock, redact, listen, watch, isClosed: () => closing !== undefined,
    onAnswered(id) {
      driving.get(id)?.backend.poke();
      void pickUpDue();
    },
    onCancelled(id, reason) {
      // It is taken up once more, to end.
      watch(id).failure = undefined;
      driving.get(id)?.backend.cancel(reason);
      void pickUpDue();
    },
  };
  const handleOf = (id: string): RunHandle => createRunHandle(id, handleOptions);

  const childrenOf = (parent: string): Children => createChildren(parent, {
    store, clock, definitions, isActive: (id) => driving.has(id) || takingUp.has(id), cancel: (id, reason) => handleOf(id).cancel(reason),
    async takeUp(id) {
      own.add(id);
      await takeUp(id);
    },
  });

  const driveOptions: DriveOptions = {
    store, leaseMs, clock, redact, log, handleFailure: options.handleFailure, host: options.host, initialize, childrenOf,
    onStored: (id) => watch(id).changed(),
    onDelta(id, key, attempt, index, delta) {
      const run = watch(id);
      // Nothing is made of it as long as nobody watches.
      if (run.isSubscribed) run.delta({ run: id, key, attempt, index, delta: redact(delta) });
    },
  };

  const offline = async (id: string): Promise<Omit<ReplayOptions, 'onAnswer' | 'onOtherSubject' | 'onInput'>> =>
    ({ record: await recordOf(id), entries: await store.read(id), blobs: store.blobs, agents: source.list(), initialize, host: options.host ?? (() => withoutHost), redact, ...(options.handleFailure && { handleFailure: options.handleFailure }) });

  return {
    specVersion: 1,
    async start(start: StartOptions) {
      assertOpen();
      const definition = defineWorkflow(start.definition);
      const input = plainJson(start.input);
      if (input === undefined) throw new WorkflowError('FW_WORKFLOW_ILLEGAL', { message: `The input of run "${start.id}" is not JSON. Pass plain data.` });
      assertId(start.id);
      const clean = redact(input);
      const created = await store.create({ id: start.id, definition, input: clean, fingerprint: fingerprintOf(definition, start.fingerprint) }, clock());
      let migration: Migration | undefined;
      if (!created) {
        const record = await recordOf(start.id);
        if (digestOf(record.input) !== digestOf(clean)) {
          throw new WorkflowError('FW_WORKFLOW_CHANGED', { message: `Run "${start.id}" exists already with another input: ${differences(record.input, clean, 'input').slice(0, 5).join('; ')}. Use another id, or attach to it.` });
        }
        migration = await findMigration(store, record, { ...start, definition });
      }
      own.add(start.id);
      await takeUp(start.id, migration);
      return handleOf(start.id);
    },
    async attach(id, attach = {}) {
      assertOpen();
      const record = await recordOf(id);
      const migration = await findMigration(store, record, attach);
      if (record.result !== undefined) return handleOf(id);
      if (!(await takeUp(id, migration)) && (await recordOf(id)).result === undefined) {
        throw new WorkflowError('FW_WORKFLOW_LEASED', { message: `Run "${id}" is held by another process (${record.holder?.split('|').slice(0, 2).join(', process ') ?? 'unknown'}); it continues there. Watch it, or wait until it lets go.`, retryable: true });
      }
      return handleOf(id);
    },
    async replay(id, { onInput } = {}) {
      assertOpen();
      return replayRun({ ...await offline(id), ...(onInput && { onInput }) });
    },
    async fork(id, fork) {
      assertOpen();
      if (fork.id !== undefined) assertId(fork.id);
      const { beginning, ...plan } = await planFork(await offline(id), { ...fork, ...(fork.input !== undefined && { input: redact(fork.input) }) });
      let forked = fork.id ?? `${id}-fork-1`;
      for (let count = 2; !(await createFork(store, { ...plan, id: forked }, beginning(forked), clock())); count++) {
        if (fork.id !== undefined) throw new WorkflowError('FW_WORKFLOW_CHANGED', { message: `There is a run "${forked}" already. Use another id for the fork.` });
        forked = `${id}-fork-${count}`;
      }
      own.add(forked);
      await takeUp(forked);
      return handleOf(forked);
    },
    async prune(prune) {
      assertOpen();
      return pruneRuns(store, prune, clock());
    },
    async watch(id) {
      assertOpen();
      await recordOf(id);
      return handleOf(id);
    },
    async *list(filter: { readonly status?: RunStatus } = {}) {
      yield* (await store.heads(filter)) satisfies readonly RunSummary[];
    },
    close() {
      closing ??= (async () => {
        clearInterval(timer);
        for (const { backend } of driving.values()) backend.stop(new Parked({}));
        await Promise.allSettled([...driving.values()].map(({ ended }) => ended));
        await Promise.allSettled([picking, ...takingUp.values()]);
        await Promise.allSettled([...initialized.keys()].map(async (agent) => agent.cleanup?.('done')));
        for (const run of watched.values()) run.fail(new WorkflowError('FW_WORKFLOW_CLOSED', { message: 'The engine was closed while the run had not ended; it can be resumed.' }));
      })();
      return closing;
    },
  };
}
