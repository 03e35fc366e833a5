import type { Agent, AgentSource, HandleFailure, HostedRun, JournalStore, Json, RunHost, RunStatus, StartOptions, WorkflowDefinition, WorkflowEngine } from '@fw/workflow';
import { defineWorkflow, digestOf, WorkflowError } from '@fw/workflow';
import { describeError, differences, fingerprintOf, plainJson, pruneRuns, refuseChange, replayRun, unknownRun, withoutHost } from '@fw/workflow/engine-kit';
import { assertRunId } from './assert-run-id.ts';
import { createRestateHandle } from './restate-handle.ts';
import { RestateClient } from './restate-client.ts';
import type { RestateAddress } from './restate-client.ts';
import type { RestateWorkerOptions } from './restate-worker-options.ts';
import { createRun, holdRun, queuedRuns } from './stored-run.ts';
import { tryAgain } from './try-again.ts';
import { createWatchedRuns } from './watched-runs.ts';
import type { Worker } from './worker.ts';

export interface RestateEngineOptions {
  /** Keeps every run for good: Restate forgets one a day after it ended. Workers and those who ask use the same. */
  readonly store: JournalStore;
  readonly restate?: RestateAddress;
  /** Name of the service in Restate; default `fw`. Teams with different agents on one Restate use different names. */
  readonly service?: string;
  /** Agents by name; a registry of `@fw/agents-core` or a list. */
  readonly agents?: AgentSource | readonly Agent[];
  /** What is done when an agent threw. Pure: it is asked again on replay. */
  readonly handleFailure?: HandleFailure;
  /** How runs are served by this process. `false`: it only begins, watches and answers them. Default: it serves when it has agents. */
  readonly worker?: RestateWorkerOptions | false;
  /** What agents may begin with `context.child`, by name. */
  readonly definitions?: readonly WorkflowDefinition[];
  /** Gives a run its model, tools, workspace and guards while this process drives it. Made anew for every attempt. */
  readonly host?: (run: HostedRun) => RunHost | Promise<RunHost>;
  /** Removes secrets from every value before an agent, the journal or Restate sees it. */
  readonly redact?: (value: Json) => Json;
  /** Epoch milliseconds; default `Date.now`. */
  readonly clock?: () => number;
  /** Passed to `initialize` of the agents. */
  readonly config?: Json;
  readonly log?: (message: string, data?: Json) => void;
}

export interface RestateEngine extends WorkflowEngine {
  /**
   * Resolves when this process can do what it was made for: it serves runs and Restate knows it.
   * @throws WorkflowError `FW_RESTATE_UNREACHABLE`, `FW_RESTATE_PORT`, `FW_RESTATE_REFUSED`.
   */
  ready(): Promise<{ readonly url?: string; readonly version?: string }>;
}

const DAY_MS = 24 * 3_600_000;
const SERVICE = /^[A-Za-z][A-Za-z0-9_.-]{0,99}$/;

/**
 * The engine on a Restate server: runs are ordered, woken and moved between workers by Restate, and kept in our store.
 * @throws WorkflowError `FW_RESTATE_CONFIG` for addresses and names that cannot be.
 */
export function createRestateEngine(options: RestateEngineOptions): RestateEngine {
  const { store, service = 'fw', clock = Date.now, redact = (value: Json): Json => value } = options;
  if (!SERVICE.test(service)) throw new WorkflowError('FW_RESTATE_CONFIG', { message: `${JSON.stringify(service)} cannot name a service: use letters, digits, ".", "_" and "-", beginning with a letter.` });
  const client = new RestateClient(service, options.restate ?? {});
  const log = (message: string, data?: Json): void => {
    try {
      options.log?.(message, data);
    } catch {
      // A logger that throws must not end a run.
    }
  };
  const source: AgentSource = options.agents === undefined ? { list: () => [] } : 'list' in options.agents ? options.agents : { list: () => options.agents as readonly Agent[] };
  const definitions = (options.definitions ?? []).map(defineWorkflow);
  const watched = createWatchedRuns({ store, clock, log });
  const initialize = initializeOnce({ config: options.config ?? {}, log });
  const serving = serve();
  let closing: Promise<void> | undefined;

  async function serve(): Promise<Worker | undefined> {
    const worker = options.worker ?? (source.list().length > 0 ? {} : false);
    if (worker === false) return undefined;
    // Whoever only begins, watches and answers runs needs no SDK.
    const [{ createRunService }, { startWorker }] = await Promise.all([import('./run-service.ts'), import('./worker.ts')]);
    const runs = createRunService({
      service, store, clock, redact, log, definitions, initialize: initialize.all, host: options.host, agents: () => source.list(), ...(options.handleFailure && { handleFailure: options.handleFailure }),
      inactivityTimeoutMs: worker.inactivityTimeoutMs ?? 60_000, longestStepMs: worker.longestStepMs ?? DAY_MS, retentionMs: worker.retentionMs ?? DAY_MS,
      onStored: watched.changed, onDelta: watched.delta, kill: (invocation) => client.kill(invocation),
    });
    const started = await startWorker(runs, client, worker, { agents: source.list(), service, log });
    void beginQueued();
    return started;
  }
  /** Nobody has to ask for runs that were left before Restate was told of them. */
  async function beginQueued(): Promise<void> {
    try {
      for (const run of await queuedRuns(store, service)) await client.begin(run);
    } catch (error) {
      log('Runs that wait for a worker could not be begun.', describeError(error));
    }
  }
  // Whoever asks for it gets the error; nobody has to ask.
  serving.catch(() => {});

  const assertOpen = (): void => {
    if (closing) throw new WorkflowError('FW_WORKFLOW_CLOSED', { message: 'This engine was closed.' });
  };
  const recordOf = async (id: string) => {
    const record = await store.get(id);
    if (!record) throw unknownRun(id);
    return record;
  };
  const handleOf = (id: string) => createRestateHandle(id, { store, client, service, clock, redact, watched, isClosed: () => closing !== undefined });

  /** Whether a run that exists may go on as it is asked for. */
  const assertUnchanged = (record: Awaited<ReturnType<typeof recordOf>>, definition: WorkflowDefinition | undefined, fingerprint: Json | undefined, changed: StartOptions['changed']): void => {
    if (definition === undefined && fingerprint === undefined) return;
    const now = { definition: definition ?? record.definition, fingerprint: fingerprintOf(definition ?? record.definition, fingerprint) };
    if (now.fingerprint === record.fingerprint || changed === 'pinned') return;
    if (typeof changed === 'function') throw new WorkflowError('FW_WORKFLOW_UNSUPPORTED', { message: `Run "${record.id}" cannot be migrated on Restate: its journal there belongs to the definition that it began with. Finish it as it was begun (changed: 'pinned'), or start another run.` });
    refuseChange(record.id, record, now);
  };

  return {
    specVersion: 1,
    async ready() {
      const worker = await serving;
      return worker ? { url: worker.url, version: worker.version } : {};
    },
    async start(start) {
      assertOpen();
      const definition = defineWorkflow(start.definition);
      const input = plainJson(start.input);
      if (input === undefined) throw new WorkflowError('FW_WORKFLOW_ILLEGAL', { message: `The input of run "${start.id}" is not JSON. Pass plain data.` });
      assertRunId(start.id);
      await serving;
      const clean = redact(input);
      const created = await createRun(store, { id: start.id, definition, input: clean, fingerprint: fingerprintOf(definition, start.fingerprint) }, { service, clock });
      const record = await recordOf(start.id);
      if (!created) {
        if (digestOf(record.input) !== digestOf(clean)) {
          throw new WorkflowError('FW_WORKFLOW_CHANGED', { message: `Run "${start.id}" exists already with another input: ${differences(record.input, clean, 'input').slice(0, 5).join('; ')}. Use another id, or attach to it.` });
        }
        assertUnchanged(record, definition, start.fingerprint, start.changed);
      }
      // A run that another one began is called by that one, once.
      if (record.result === undefined && record.parent === undefined) await client.begin(start.id);
      return handleOf(start.id);
    },
    async attach(id, attach = {}) {
      assertOpen();
      await serving;
      const record = await recordOf(id);
      assertUnchanged(record, attach.definition && defineWorkflow(attach.definition), attach.fingerprint, attach.changed);
      if (record.result !== undefined) return handleOf(id);
      await tryAgain(client, record, () => holdRun(store, id, { service, clock }));
      return handleOf(id);
    },
    async watch(id) {
      assertOpen();
      await recordOf(id);
      return handleOf(id);
    },
    async replay(id, { onInput } = {}) {
      assertOpen();
      return replayRun({ record: await recordOf(id), entries: await store.read(id), blobs: store.blobs, agents: source.list(), initialize: initialize.all, host: options.host ?? (() => withoutHost), redact, ...(options.handleFailure && { handleFailure: options.handleFailure }), ...(onInput && { onInput }) });
    },
    async fork(id) {
      assertOpen();
      await recordOf(id);
      throw new WorkflowError('FW_WORKFLOW_UNSUPPORTED', { message: `Run "${id}" cannot be forked on Restate: a run there begins at its start. Fork it with an embedded engine on the same store; the fork goes on there.` });
    },
    async prune(prune) {
      assertOpen();
      return pruneRuns(store, prune, clock());
    },
    async *list(filter: { readonly status?: RunStatus } = {}) {
      yield* await store.heads(filter);
    },
    close() {
      closing ??= (async () => {
        await (await serving.catch(() => undefined))?.close();
        await initialize.cleanup();
        watched.close();
      })();
      return closing;
    },
  };
}

function initializeOnce(host: { readonly config: Json; readonly log: (message: string, data?: Json) => void }): { all(agents: readonly Agent[]): Promise<void>; cleanup(): Promise<void> } {
  const initialized = new Map<Agent, Promise<void>>();
  return {
    async all(agents) {
      await Promise.all(agents.map((agent) => {
        let started = initialized.get(agent);
        if (!started) {
          started = (async () => agent.initialize?.(host))();
          initialized.set(agent, started);
          started.catch(() => initialized.delete(agent));
        }
        return started;
      }));
    },
    async cleanup() {
      await Promise.allSettled([...initialized.keys()].map(async (agent) => agent.cleanup?.('done').catch((error: unknown) => host.log(`Agent "${agent.name}" could not be cleaned up.`, describeError(error)))));
    },
  };
}
