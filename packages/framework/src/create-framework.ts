import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { createArchitectAgent } from '@fw/agent-architect';
import { createDeveloperAgent } from '@fw/agent-developer';
import { createReviewerAgent } from '@fw/agent-reviewer';
import { createAgentRegistry, parseTask } from '@fw/agents-core';
import type { Json, Task } from '@fw/agents-core';
import { policy as parsePolicy } from '@fw/testing';
import type { PolicyOverrides } from '@fw/testing';
import { softwareDelivery } from '@fw/workflow';
import type { JournalStore, RunHandle, RunHost, RunRecord } from '@fw/workflow';
import { createWorkspaceSession } from '@fw/workflow/hosting';
import { sqliteStore } from '@fw/workflow/sqlite';
import { createWorkspace, openWorkspace } from '@fw/workspace';
import { workspaceTools } from '@fw/workspace/tools';
import type { Config } from './config.ts';
import { policyOfRun } from './effective-policy.ts';
import { createEngines } from './engines.ts';
import type { EngineFactory, Engines } from './engines.ts';
import { createFrameworkAgents } from './framework-agents.ts';
import { FrameworkError } from './framework-error.ts';
import type { ExecuteOptions, Framework, Run, TaskInput } from './framework.ts';
import { judgeFolder, openFolder } from './judge-folder.ts';
import { createRunLog } from './logging.ts';
import { createLettingGo } from './letting-go.ts';
import type { LettingGo } from './letting-go.ts';
import { openBooks, registryOf } from './model-registry.ts';
import type { Books } from './model-registry.ts';
import { newRunId } from './new-run-id.ts';
import { createContributions } from './plugin-contributions.ts';
import { buildProviders } from './providers.ts';
import { createRedactor } from './redact.ts';
import { createRunBook } from './run-book.ts';
import type { RunBook } from './run-book.ts';
import { readRunInput, toJson } from './run-input.ts';
import { createRunSession, createSessions } from './run-session.ts';
import { withPresentLimits } from './run-limits.ts';
import { runTestsTool } from './run-tests-tool.ts';
import { createRun } from './started-run.ts';
import { readStats } from './stats.ts';
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
  readonly log?: (message: string, data?: Json) => void;
}

/**
 * Puts the layers together. Reads and writes nothing until its first method is called.
 * @throws FrameworkError `FW_CONFIG_INVALID`, `FW_KEY_MISSING`; ModelError for models that cannot be resolved.
 */
export function createFramework(options: FrameworkOptions): Framework {
  const { config, home, environment = {}, sandbox = 'required' } = options;
  const models = registryOf(config, environment);
  let opened: Promise<Opened> | undefined;
  let closed: Promise<void> | undefined;
  const open = async (): Promise<Opened> => {
    if (closed) throw new FrameworkError('FW_CLOSED', { message: 'This framework was closed.' });
    return (opened ??= openFramework(options));
  };

  const start = async (given: TaskInput, execute: ExecuteOptions = {}): Promise<Run> => {
    const id = execute.id ?? newRunId();
    const task = readTask(given, id, execute);
    const simulated = ['architect', 'developer', 'reviewer'].map((agent) => models.registry.get(modelOf(config, agent)).simulated === true).includes(true);
    const { engines, book } = await open();
    const engine = await engines.of(config.engine);
    const workspace = path.resolve(task.workspace!.at);
    const contained = (await book.exists(id)) ? await book.containmentOf(id) : await prepareWorkspace(book, id, workspace, config, sandbox);
    const input = { task, workspace, config, simulated, sandbox, contained };
    const handle = await engine.start({ id, definition: softwareDelivery, input: toJson(input) });
    return begin(handle, book, false, execute);
  };

  const begin = (handle: RunHandle, book: RunBook, resumed: boolean, execute: Pick<ExecuteOptions, 'signal' | 'onEvent'>): Run => {
    const run = createRun(handle, book, resumed);
    const { signal, onEvent } = execute;
    if (signal) {
      const cancel = (): void => void run.cancel('The caller aborted the run.').catch(() => {});
      if (signal.aborted) cancel();
      else signal.addEventListener('abort', cancel, { once: true });
    }
    if (onEvent) void (async () => { for await (const event of run.events()) onEvent(event); })().catch(() => {});
    return run;
  };

  return {
    models: models.registry,
    start,
    async execute(task, execute) {
      return (await start(task, execute)).result();
    },
    async resume(id, { signal } = {}) {
      const { engines, book } = await open();
      const engine = await engines.of(engineOf(await book.require(id)));
      return begin(await engine.attach(id), book, true, { ...(signal && { signal }) });
    },
    async answer(id, { gate, decision, message, by }) {
      const { engines, book } = await open();
      const record = await book.require(id);
      const { questions } = record;
      const asked = questions.filter((question) => question.name.startsWith('approve:') && (gate === undefined || question.name === `approve:${gate}`));
      if (asked.length === 0) throw new FrameworkError('FW_RUN_NOT_WAITING', { message: `Run "${id}" waits for no approval${gate === undefined ? '' : ` of "${gate}"`}.${questions.length > 0 ? ` It waits for: ${questions.map((question) => question.name).join(', ')}.` : ''}` });
      const engine = await engines.of(engineOf(record));
      const handle = await engine.watch(id);
      await handle.signal(asked[0]!.name, { decision, by, ...(message !== undefined && { message }) });
    },
    async work({ engine = config.engine, onRun = () => {} } = {}) {
      const { engines, letGo } = await open();
      letGo.to(engines.serving(engine), onRun);
      await engines.serving(engine);
    },
    async runs() {
      return (await open()).book.summaries();
    },
    async show(id) {
      return (await open()).book.details(id);
    },
    async stats() {
      await open();
      return readStats(home);
    },
    async judge(judging) {
      const policy = parsePolicy((judging.policy ?? config.policy ?? {}) as PolicyOverrides);
      const { plugins } = await open();
      return judgeFolder(options, judging, policy, plugins.validators);
    },
    async verify(report, verify = {}) {
      const { plugins } = await open();
      return verifyAnyReport(report, verify, { home, validators: plugins.validators, open: () => openFolder(options, verify) });
    },
    async plugins() {
      const { plugins } = await open();
      return plugins.host.list().map((plugin) => ({
        id: plugin.id, version: plugin.version, status: plugin.status,
        contributes: Object.entries(plugin.contributes).flatMap(([kind, names]) => (names ?? []).map((name) => `${kind}: ${name}`)),
        ...(plugin.errors.length > 0 && { error: plugin.errors.at(-1)!.message }),
      }));
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
  await open.book.close();
  await open.plugins.host.cleanup();
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
  readonly plugins: ReturnType<typeof createContributions>;
}

async function openFramework({ config, home, environment = {}, directory = process.cwd(), engines: factories = {}, log: note = () => {} }: FrameworkOptions): Promise<Opened> {
  await mkdir(path.join(home, 'runs'), { recursive: true, mode: 0o700 });
  const sessions = createSessions();
  const agents = createAgentRegistry([createArchitectAgent(), createDeveloperAgent(), createReviewerAgent(), ...createFrameworkAgents(sessions)]);
  const plugins = createContributions(agents, directory);
  await plugins.load(config.plugins ?? []);
  const store = sqliteStore(path.join(home, 'runs.sqlite'));
  const book = createRunBook(store, home);
  const books = openBooks(home);
  const redactor = createRedactor();
  const letGo = createLettingGo(book);
  redactor.add(buildProviders(config, environment).secrets);

  const host = async (run: { readonly id: string; readonly input: Parameters<typeof readRunInput>[0] }): Promise<RunHost> => {
    const input = readRunInput(run.input);
    const workspace = await openWorkspace({ storage: book.storageOf(run.id), sandbox: input.sandbox });
    const { registry, secrets } = registryOf(withPresentLimits(input.config, config, input.task), environment, books);
    redactor.add(secrets);
    const log = createRunLog(book.folderOf(run.id), run.id);
    const session = createRunSession({
      run: run.id,
      workspace: createWorkspaceSession(workspace),
      policy: policyOfRun(input.config.policy),
      validators: plugins.validators,
      registry,
      modelOf: (agent) => modelOf(input.config, agent),
      tools: (made) => [...workspaceTools(workspace), runTestsTool(made), ...plugins.tools],
      approvals: input.config.workflow?.approvals ?? [],
      close: async () => {
        await log.close();
        await workspace.close();
        letGo.run(run.id);
      },
    }, sessions);
    return { ...session.host, settled: (entry) => log.entry(entry) };
  };
  const engines = createEngines({ store, agents, host, redact: redactor.redact, log: note }, config.engine, factories);
  return { store, engines, letGo, book, plugins, books };
}

/** A run stays on the engine that it was begun on. */
const engineOf = (record: RunRecord): Config['engine'] => readRunInput(record.input).config.engine;

/** The alias or reference of an agent; an agent without one of its own takes the only alias there is, or `default`. */
function modelOf(config: Config, agent: string): string {
  const own = (config.agents as { readonly [name: string]: string | undefined } | undefined)?.[agent];
  if (own !== undefined) return own;
  const aliases = Object.keys(config.models ?? {});
  const fallback = aliases.includes('default') ? 'default' : aliases.length === 1 ? aliases[0] : config.agents?.developer;
  if (fallback !== undefined) return fallback;
  throw new FrameworkError('FW_MODEL_ALIAS_MISSING', { message: `No model is chosen for the agent "${agent}": set agents.${agent} to one of ${aliases.join(', ') || 'your models'}, or name a model "default".` });
}

function readTask(given: TaskInput, id: string, { workspace }: ExecuteOptions): Task {
  const task = typeof given === 'string' ? { specVersion: 1, id, goal: given } : given;
  const at = workspace ?? (typeof given === 'string' ? process.cwd() : given.workspace?.at ?? process.cwd());
  const parsed = parseTask({ ...task, workspace: { kind: 'directory', at: path.resolve(at) } });
  if (parsed.limits?.durationMs !== undefined) throw new FrameworkError('FW_CONFIG_INVALID', { message: 'task.limits.durationMs is not enforced by this version. Leave it out, and cancel the run through a signal instead.' });
  return parsed;
}

async function prepareWorkspace(book: RunBook, id: string, directory: string, config: Config, sandbox: 'required' | 'preferred' | 'off'): Promise<string> {
  await mkdir(book.folderOf(id), { recursive: true, mode: 0o711 });
  try {
    const workspace = await createWorkspace({ directory, storage: book.storageOf(id), sandbox, ...withoutUndefined(config.workspace ?? {}) });
    await workspace.close();
    return workspace.sandbox;
  } catch (error) {
    await rm(book.folderOf(id), { recursive: true, force: true });
    throw error;
  }
}
