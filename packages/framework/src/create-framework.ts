import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { createArchitectAgent } from '@fw/agent-architect';
import { createDeveloperAgent } from '@fw/agent-developer';
import { createReviewerAgent } from '@fw/agent-reviewer';
import { createAgentRegistry, parseTask } from '@fw/agents-core';
import type { Json, Task } from '@fw/agents-core';
import { policy as parsePolicy } from '@fw/testing';
import type { PolicyOverrides } from '@fw/testing';
import type { AttachOptions, JournalStore, RunHandle, RunRecord } from '@fw/workflow';
import { sqliteStore } from '@fw/workflow/sqlite';
import { createWorkspace } from '@fw/workspace';
import { checkApprovedTools } from './check-approved-tools.ts';
import type { Config } from './config.ts';
import { createEngines } from './engines.ts';
import type { EngineFactory, Engines } from './engines.ts';
import { checkChoices, decideRun, withDecision } from './feedback/decide-run.ts';
import { checksOf, createFrameworkAgents } from './framework-agents.ts';
import { FrameworkError } from './framework-error.ts';
import type { ExecuteOptions, Framework, Run, TaskInput } from './framework.ts';
import { changeConfig, readChange } from './fork-change.ts';
import { diffRun, inspect, readLog, readStep, readUse, reportRun } from './inspection/read-run.ts';
import { readStepInput } from './inspection/step-input.ts';
import { judgeFolder, openFolder } from './judge-folder.ts';
import type { LoggingOptions } from './logging.ts';
import { logValue } from './log-value.ts';
import { createMetricsStore } from './metrics-store.ts';
import type { MetricsStore } from './metrics-store.ts';
import { createProcessMonitor } from './monitoring.ts';
import { createLettingGo } from './letting-go.ts';
import type { LettingGo } from './letting-go.ts';
import { modelOf } from './model-of.ts';
import { openBooks, registryOf } from './model-registry.ts';
import type { Books } from './model-registry.ts';
import { createContributions } from './plugin-contributions.ts';
import type { Contributions, PluginControl } from './plugin-contributions.ts';
import { buildProviders } from './providers.ts';
import { signalOfAnswer } from './questions.ts';
import { summarisePlugin } from './plugin-summary.ts';
import { createRedactor } from './redact.ts';
import { createRunBook } from './run-book.ts';
import type { RunBook } from './run-book.ts';
import { fingerprintOfRun } from './run-fingerprint.ts';
import { createRunHost, toolsWithoutFiles } from './run-host.ts';
import { newRunId, requireRunId } from './run-id.ts';
import { readRunInput, toJson } from './run-input.ts';
import { archiveRun, pruneRuns, removeRun, unarchiveRun } from './run-keeping.ts';
import { createSessions } from './run-session.ts';
import type { RunListener } from './run-watch.ts';
import { withPresentLimits } from './run-limits.ts';
import { reviewFolder } from './review-folder.ts';
import { workflowOf, workflowProblem } from './run-workflow.ts';
import { createRun } from './started-run.ts';
import { statsOf } from './stats.ts';
import { openTrace } from './trace/traced-run.ts';
import { findUncovered } from './trace/uncovered.ts';
import { explainPlace } from './trace/why.ts';
import { verifyAnyReport } from './verify-report.ts';
import { withoutUndefined } from './without-undefined.ts';

export interface FrameworkOptions {
  readonly config: Config;
  /** Absolute folder for runs, snapshots and reports; created with mode 0700. */
  readonly home: string;
  /** Where the names of `apiKeyEnv` are looked up. Nothing else is read from it. */
  readonly environment?: { readonly [name: string]: string | undefined };
  /** Where names of plugins are looked up; default the working directory. */
  readonly directory?: string;
  /** Default `required`: commands of a run are sandboxed, or the run is refused. */
  readonly sandbox?: 'required' | 'preferred' | 'off';
  /** Engines beside the embedded one, by the name that `engine` of a config has. */
  readonly engines?: { readonly [name: string]: EngineFactory };
  /** What is noteworthy beside the runs' own logs; secrets are taken out. */
  readonly log?: (message: string, data?: Json) => void;
  /** Who answers for the plugins of the config; default whoever calls this. */
  readonly plugins?: PluginControl;
  /** Of the runs' logs; goes before what the config says. */
  readonly logging?: LoggingOptions;
  /** Told of every run that this process drives, such as `createTelemetry` of `@fw/framework/telemetry`. */
  readonly listeners?: readonly RunListener[];
}

/**
 * Puts the layers together. Reads and writes nothing until its first method is called.
 * @throws FrameworkError `FW_CONFIG_INVALID`, `FW_KEY_MISSING`; ModelError for models that cannot be resolved.
 */
export function createFramework(options: FrameworkOptions): Framework {
  const { config, home, environment = {}, sandbox = 'required' } = options;
  const models = registryOf(config, environment, undefined, async (use) => (await open()).plugins.findProvider(use));
  const problem = workflowProblem(config);
  if (problem !== undefined) throw new FrameworkError('FW_CONFIG_INVALID', { message: `${problem}.` });
  checkChoices(config, models.registry);
  let opened: Promise<Opened> | undefined;
  let closed: Promise<void> | undefined;
  const open = async (): Promise<Opened> => {
    if (closed) throw new FrameworkError('FW_CLOSED', { message: 'This framework was closed.' });
    return (opened ??= openFramework(options));
  };

  const start = async (given: TaskInput, execute: ExecuteOptions = {}): Promise<Run> => {
    const id = requireRunId(execute.id ?? newRunId());
    const task = readTask(given, id, execute);
    const isSimulated = (own: Config): boolean => ['architect', 'developer', 'reviewer'].map((agent) => models.registry.get(modelOf(own, agent)).simulated === true).includes(true);
    const simulated = isSimulated(config);
    const { engines, book, fingerprint, plugins, metrics } = await open();
    plugins.requireUsable();
    const whole = plugins.complete(config);
    const workflow = workflowOf(whole);
    checkApprovedTools(whole, toolsWithoutFiles(whole, plugins));
    const engine = await engines.of(whole.engine);
    const workspace = path.resolve(task.workspace!.at);
    const record = await book.find(id);
    const { contained, files } = record === undefined ? await prepareWorkspace(book, id, workspace, config, sandbox) : { contained: readRunInput(record.input).contained, files: 0 };
    // A run keeps what was chosen for it; what is measured by an evaluation is what the config says.
    const chosen = record !== undefined ? readRunInput(record.input).feedback
      : execute.evaluation !== undefined ? undefined : decideRun(whole, metrics, { run: id, workspace, goal: task.goal, files, simulated, now: Date.now() });
    const own = withDecision(whole, chosen);
    const input = { task, workspace, config: own, ...(plugins.panels.size > 0 && { panels: [...plugins.panels.values()] }), simulated: isSimulated(own), sandbox, contained, ...(execute.evaluation !== undefined && { evaluation: execute.evaluation }), ...(chosen !== undefined && { feedback: chosen }) };
    const handle = await engine.start({ id, definition: workflow, input: toJson(input), fingerprint: fingerprint(own) });
    return begin(handle, book, { resumed: false, goesOn: engines.isElsewhere(whole.engine) }, execute);
  };

  const begin = (handle: RunHandle, book: RunBook, how: Parameters<typeof createRun>[2], execute: Pick<ExecuteOptions, 'signal' | 'onEvent'>): Run => {
    const run = createRun(handle, book, how);
    const { signal, onEvent } = execute;
    if (signal) {
      const cancel = (): void => void run.cancel('The caller aborted the run.').catch(() => {});
      if (signal.aborted) cancel();
      else signal.addEventListener('abort', cancel, { once: true });
    }
    if (onEvent) void (async () => { for await (const event of run.events()) onEvent(event); })().catch(() => {});
    return run;
  };

  // Whatever runs are driven by, this one ends here.
  const reviewConfig: Config = { ...config, engine: 'local' };

  return {
    models: models.registry,
    start,
    async execute(task, execute) {
      return (await start(task, execute)).result();
    },
    async resume(id, { signal, pinned = false } = {}) {
      const { engines, book, fingerprint, plugins } = await open();
      const record = await book.require(id);
      if (record.result === undefined) plugins.complete(readRunInput(record.input).config);
      const used = engineOf(record);
      const engine = await engines.of(used);
      const asked: AttachOptions = record.result === undefined && !pinned ? { fingerprint: fingerprint(readRunInput(record.input).config) } : {};
      return begin(await engine.attach(id, asked), book, { resumed: true, goesOn: engines.isElsewhere(used) }, { ...(signal && { signal }) });
    },
    async watch(id) {
      const { engines, book } = await open();
      const used = engineOf(await book.require(id));
      const engine = await engines.of(used);
      return begin(await engine.watch(id), book, { resumed: false, goesOn: engines.isElsewhere(used) }, {});
    },
    async stop(id, reason) {
      const { engines, book } = await open();
      const engine = await engines.of(engineOf(await book.require(id)));
      const watched = await engine.watch(id);
      await watched.cancel(reason);
      // Where nobody works on it, it is ended here.
      const mine = await engine.attach(id).catch((error: { readonly code?: unknown }) => {
        if (error.code === 'FW_WORKFLOW_LEASED') return watched;
        throw error;
      });
      return book.conclude(id, await mine.result());
    },
    async replay(id) {
      const { engines, book } = await open();
      await book.require(id);
      // The journal is the same whatever engine wrote it.
      return (await engines.of('local')).replay(id);
    },
    async fork(id, { at, models: chosen, id: newId, confirm, signal }) {
      const { engines, book, plugins } = await open();
      const record = await book.require(id);
      const input = readRunInput(record.input);
      plugins.complete(input.config);
      const engine = await engines.of(engineOf(record));
      const change = readChange(chosen === undefined ? undefined : { models: chosen });
      const changed = changeConfig(withPresentLimits(input.config, config, input.task), change);
      const { registry } = registryOf(changed, environment);
      for (const reference of Object.values(change.models ?? {})) registry.get(reference);
      const handle = await engine.fork(id, {
        at, ...(chosen !== undefined && { change: toJson(change) }), ...(newId !== undefined && { id: requireRunId(newId) }), ...(confirm && { confirm }),
      });
      return begin(handle, book, { resumed: false, goesOn: engines.isElsewhere(engineOf(record)) }, { ...(signal && { signal }) });
    },
    async log(id, { after = 0 } = {}) {
      return readLog(id, after, await open());
    },
    async inspect(id) {
      return inspect(id, await open());
    },
    async step(id, seq) {
      return readStep(id, seq, await open());
    },
    async stepInput(id, seq) {
      const { engines, ...reading } = await open();
      return readStepInput(id, seq, reading, await engines.of('local'));
    },
    async diff(id, trees = {}) {
      return diffRun(id, trees, await open());
    },
    async htmlReport(id) {
      return reportRun(id, await open());
    },
    async use({ runs = 50 } = {}) {
      return readUse(runs, await open());
    },
    async export(id) {
      return archiveRun(id, { home, ...(await open()) });
    },
    async import(archive, importing = {}) {
      return unarchiveRun(archive, importing, { home, ...(await open()) });
    },
    async remove(id) {
      return removeRun(id, { home, ...(await open()) });
    },
    async prune(pruning) {
      return pruneRuns(pruning, { home, ...(await open()) });
    },
    async answer(id, answer) {
      const { engines, book } = await open();
      const record = await book.require(id);
      const { name, value } = signalOfAnswer(id, record.questions, answer);
      const engine = await engines.of(engineOf(record));
      await (await engine.watch(id)).signal(name, value);
    },
    async work({ engine = config.engine, onRun = () => {} } = {}) {
      const { engines, letGo } = await open();
      letGo.to(engines.serving(engine), onRun);
      await engines.serving(engine);
    },
    async workflow() {
      return workflowOf((await open()).plugins.complete(config));
    },
    async runs() {
      return (await open()).book.summaries();
    },
    async listRuns(query = {}) {
      return (await open()).book.page(query);
    },
    async show(id) {
      return (await open()).book.details(id);
    },
    async why(id, place) {
      const { book, store } = await open();
      return explainPlace(await openTrace(id, { book, read: (run) => store.read(run) }), place);
    },
    async uncovered(id) {
      const { book, store } = await open();
      return findUncovered(await openTrace(id, { book, read: (run) => store.read(run) }));
    },
    async stats() {
      return statsOf((await open()).metrics.read(), Date.now());
    },
    async judge(judging) {
      const policy = parsePolicy((judging.policy ?? config.policy ?? {}) as PolicyOverrides);
      const { plugins } = await open();
      plugins.requireUsable();
      plugins.reach('onState:validation');
      return judgeFolder(options, judging, policy, plugins.validators);
    },
    async review(reviewing) {
      const { engines, book, fingerprint, plugins } = await open();
      return reviewFolder(reviewing, {
        options, book, engine: await engines.of('local'),
        asking() {
          const own = plugins.complete(reviewConfig);
          return { config: own, fingerprint: fingerprint(own), isSimulated: models.registry.get(modelOf(config, 'reviewer')).simulated === true };
        },
        follow: (handle, resumed) => begin(handle, book, { resumed, goesOn: false }, reviewing),
      });
    },
    async verify(report, verify = {}) {
      const { plugins } = await open();
      return verifyAnyReport(report, verify, { home, validators: plugins.validators, open: () => openFolder(options, verify) });
    },
    async plugins() {
      const { plugins } = await open();
      return plugins.host.list().map(summarisePlugin);
    },
    close() {
      return (closed ??= closeAll(opened));
    },
  };
}

async function closeAll(opened: Promise<Opened> | undefined): Promise<void> {
  const open = await opened?.catch(() => undefined);
  if (!open) return;
  await open.engines.close();
  await open.letGo.close();
  await Promise.allSettled(open.listeners.map(async (listener) => listener.close?.()));
  await open.book.close();
  await open.plugins.close();
  await open.store.close();
  open.books.ledger.close();
  open.books.limitStore.close();
}

interface Opened {
  readonly books: Books;
  readonly store: JournalStore;
  readonly engines: Engines;
  readonly letGo: LettingGo;
  readonly book: RunBook;
  readonly metrics: MetricsStore;
  readonly listeners: readonly RunListener[];
  readonly plugins: Contributions;
  readonly fingerprint: (config: Config) => Json;
}

async function openFramework({ config, home, environment = {}, directory = process.cwd(), engines: factories = {}, log: note = () => {}, logging = {}, listeners = [], sandbox = 'required', plugins: control = { grants: 'none' } }: FrameworkOptions): Promise<Opened> {
  await mkdir(path.join(home, 'runs'), { recursive: true, mode: 0o700 });
  const sessions = createSessions();
  const agents = createAgentRegistry([createArchitectAgent(), createDeveloperAgent(), createReviewerAgent({ checks: checksOf, passes: (context) => sessions.of(context).reviewPasses }), ...createFrameworkAgents(sessions)]);
  const books = openBooks(home);
  const plugins = await createContributions({ agents, directory, home, config, environment, books, sandbox, control });
  try {
    await plugins.load(config.plugins ?? []);
  } catch (error) {
    await plugins.close();
    books.ledger.close();
    books.limitStore.close();
    throw error;
  }
  const store = sqliteStore(path.join(home, 'runs.sqlite'));
  const metrics = createMetricsStore(home);
  const book = createRunBook(store, home, metrics);
  const redactor = createRedactor();
  redactor.add(plugins.secrets);
  const letGo = createLettingGo(book);
  redactor.add(buildProviders(config, environment).secrets);

  const host = createRunHost({ config, environment, book, books, plugins, redactor, sessions, letGo, monitor: createProcessMonitor(), listeners, logging });
  const say: typeof note = (message, data) => { note(String(redactor.redact(message)), ...(data === undefined ? [] : [logValue(data, redactor.redact)])); };
  const engines = createEngines({ store, agents, host, redact: redactor.redact, log: say }, config.engine, factories, (name) => plugins.engine(name));
  const fingerprint = (own: Config): Json => fingerprintOfRun(own, agents.list(), toolsWithoutFiles(own, plugins));
  return { store, engines, letGo, book, metrics, listeners, plugins, books, fingerprint };
}

/** A run stays on the engine that it was begun on. */
const engineOf = (record: RunRecord): Config['engine'] => readRunInput(record.input).config.engine;

function readTask(given: TaskInput, id: string, { workspace }: ExecuteOptions): Task {
  const task = typeof given === 'string' ? { specVersion: 1, id, goal: given } : given;
  const at = workspace ?? (typeof given === 'string' ? process.cwd() : given.workspace?.at ?? process.cwd());
  return parseTask({ ...task, workspace: { kind: 'directory', at: path.resolve(at) } });
}

async function prepareWorkspace(book: RunBook, id: string, directory: string, config: Config, sandbox: 'required' | 'preferred' | 'off'): Promise<{ readonly contained: string; readonly files: number }> {
  await mkdir(book.folderOf(id), { recursive: true, mode: 0o711 });
  try {
    const workspace = await createWorkspace({ directory, storage: book.storageOf(id), sandbox, ...withoutUndefined(config.workspace ?? {}) });
    const { length: files } = await workspace.files(workspace.base);
    await workspace.close();
    return { contained: workspace.sandbox, files };
  } catch (error) {
    await rm(book.folderOf(id), { recursive: true, force: true });
    throw error;
  }
}
