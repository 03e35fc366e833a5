import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { createKeptOutputs } from '@fw/agents-core';
import type { KeptOutputs, TaskWorkspace, Tool } from '@fw/agents-core';
import { softwareDelivery } from '@fw/workflow';
import type { HostedRun, RunHost } from '@fw/workflow';
import { createWorkspaceSession } from '@fw/workflow/hosting';
import { copyWorkspace, openWorkspace } from '@fw/workspace';
import { folderOutputs, reproduceTool, workspaceTools } from '@fw/workspace/tools';
import type { OutputStore } from '@fw/workspace/tools';
import { askPerson } from './ask-person.ts';
import type { Config } from './config.ts';
import { policyOfRun } from './effective-policy.ts';
import { changeConfig, readChange } from './fork-change.ts';
import type { LettingGo } from './letting-go.ts';
import { withChosenTokens } from './feedback/decide-run.ts';
import { createRunLog } from './logging.ts';
import type { LoggingOptions } from './logging.ts';
import { createMcpTools } from './mcp-tools.ts';
import { modelOf } from './model-of.ts';
import { meteredWorkspace, monitorRun } from './monitoring.ts';
import type { ProcessMonitor } from './monitoring.ts';
import { nearestStorage } from './nearest-storage.ts';
import { anyKey, cardsOf, registryOf } from './model-registry.ts';
import type { Books } from './model-registry.ts';
import { activatePlugins } from './activate-plugins.ts';
import type { Contributions } from './plugin-contributions.ts';
import type { Redactor } from './redact.ts';
import type { RunBook } from './run-book.ts';
import { createRunClock } from './run-clock.ts';
import { readRunInput } from './run-input.ts';
import type { RunInput } from './run-input.ts';
import { withOwnBudgets, withPresentLimits } from './run-limits.ts';
import { joinWatches } from './run-watch.ts';
import type { RunListener, RunWatch } from './run-watch.ts';
import { createRunSession } from './run-session.ts';
import type { RunSession, Sessions } from './run-session.ts';
import { reviewWorkflow } from './review-workflow.ts';
import { runTestsTool } from './run-tests-tool.ts';
import { withoutUndefined } from './without-undefined.ts';

export interface RunHostOptions {
  readonly config: Config;
  readonly environment: { readonly [name: string]: string | undefined };
  readonly book: RunBook;
  readonly books: Books;
  readonly plugins: Contributions;
  readonly redactor: Redactor;
  readonly sessions: Sessions;
  readonly letGo: LettingGo;
  readonly monitor: ProcessMonitor;
  readonly listeners: readonly RunListener[];
  readonly logging: LoggingOptions;
}

/** What gives each run its model, tools, workspace and guards. */
export function createRunHost(options: RunHostOptions): (run: HostedRun) => Promise<RunHost> {
  const { config, environment, book, books, plugins, redactor, sessions, letGo } = options;
  let active = 0;
  return async (run) => {
    const input = readRunInput(run.input);
    const own = withChosenTokens(withOwnBudgets(withPresentLimits(input.config, config, input.task), input.evaluation), input.feedback, config);
    const changed = changeConfig(own, readChange(run.forkedFrom?.change));
    const replay = run.replay === true;
    const { registry, secrets } = registryOf(changed, replay ? anyKey : environment, books, plugins.findProvider);
    if (!replay) redactor.add(secrets);
    const files = replay ? workspaceOfReplay(await book.baseOf(run.id), input.contained) : await openFiles(run, book, input.sandbox);
    const watch = replay ? undefined : joinWatches([...await followRun(run, input, options), activatePlugins(plugins)]);
    const workspace = watch === undefined ? files : meteredWorkspace(files, watch.ran);
    const { durationMs } = input.task.limits ?? {};
    const clock = durationMs === undefined || replay ? undefined : createRunClock({ startedAt: (await book.require(run.id)).createdAt, durationMs, now: Date.now });
    const kept = createKeptOutputs();
    const outputs = withKept(folderOutputs(path.join(book.folderOf(run.id), 'outputs')), kept);
    const { workflow = {} } = input.config;
    // Nobody who asks for a review alone has said that a model may run commands here.
    const mayRun = input.review === undefined || !input.contained.startsWith('none');
    const cards = cardsOf(changed);
    const mcp = createMcpTools(input.config.mcp ?? {}, { workspace, environment, outputs });
    if (!replay) redactor.add(mcp.secrets);
    // What was taken over from the run that this one was forked off was made with that run's models.
    let seq = 0;
    // Runs side by side share what their plugins' models may cost.
    if (active === 0) plugins.host.beginRun();
    active += 1;
    const configNow = (): Config => (seq < (run.forkedFrom?.entries ?? 0) ? own : changed);
    const session = createRunSession({
      run: run.id,
      ...(input.evaluation !== undefined && { evaluation: input.evaluation }),
      workspace: createWorkspaceSession(workspace, input.review?.tree),
      policy: policyOfRun(input.config.policy),
      validators: plugins.validators,
      registry,
      budgeted(agent) {
        const own = plugins.budgetOf(agent);
        if (own === undefined) return undefined;
        const budgets = { ...changed.budgets, plugin: { usd: own.maxUsd } } as NonNullable<Config['budgets']>;
        return { plugin: own.plugin, registry: registryOf({ ...changed, budgets }, replay ? anyKey : environment, books, plugins.findProvider).registry };
      },
      kept,
      mcp,
      windowOf: (id) => cards[id]?.contextTokens ?? cards[id.replace(/@[^@/]*$/, '')]?.contextTokens,
      modelOf: (agent) => modelOf(changed, agent),
      modelIdOf: (agent) => registry.list().find(({ name }) => name === modelOf(configNow(), agent))?.candidates[0] ?? modelOf(configNow(), agent),
      tools: (made) => toolsOf(made, input.config, plugins, outputs).filter((tool) => mayRun || tool.name !== 'reproduce'),
      workflow,
      ...(watch !== undefined && { watch }),
      ...(clock !== undefined && { clock }),
      async close(reason) {
        active -= 1;
        if (watch === undefined) return;
        await mcp.close();
        await watch.closed(reason);
        // Its files stay: whoever goes on with the run may have them open already, and they are needed for its patch.
        letGo.run(run.id);
      },
    }, sessions);
    return {
      ...session.host,
      settled(entry) {
        seq = entry.seq;
        clock?.settled(entry);
        watch?.settled(entry);
      },
    };
  };
}

/** Which tools the agents of a run have, whatever its files are. */
function toolsOf(session: Pick<RunSession, 'workspace' | 'evidence'>, config: Config, plugins: Pick<Contributions, 'tools'>, outputs: OutputStore): readonly Tool[] {
  const { workspace } = session.workspace;
  return [...workspaceTools(workspace, { outputs }), reproduceTool(workspace, outputs), runTestsTool(session, outputs, config.workflow?.testScope), ...(config.workflow?.questions === true ? [askPerson] : []), ...plugins.tools];
}

/** The same without any files, to see what they are. */
export function toolsWithoutFiles(config: Config, plugins: Pick<Contributions, 'tools'>): readonly Tool[] {
  const outputs: OutputStore = { keep: async () => '', read: async () => undefined };
  return toolsOf({ workspace: createWorkspaceSession(workspaceOfReplay('', '')), evidence: [] }, config, plugins, outputs);
}

/** The tools' own references, and those of what a loop masked. */
function withKept(outputs: OutputStore, kept: KeptOutputs): OutputStore {
  return { keep: (text) => outputs.keep(text), read: async (reference) => kept.read(reference) ?? outputs.read(reference) };
}

/** The log, what is measured, and whoever else wants to know; one that cannot follow it is left out. */
async function followRun({ id, forkedFrom }: HostedRun, input: RunInput, { config, book, redactor, monitor, listeners, logging }: RunHostOptions): Promise<readonly RunWatch[]> {
  const folder = book.folderOf(id);
  const redact: typeof redactor.redact = (value) => redactor.redact(value);
  const { name = softwareDelivery.name } = (input.config.workflow?.definition ?? {}) as { readonly name?: string };
  const watched = {
    id, workflow: input.review === undefined ? name : reviewWorkflow.name, goal: input.task.goal, folder, simulated: input.simulated, redact,
    ...(forkedFrom !== undefined && { forkedFrom: book.folderOf(forkedFrom.run) }),
  };
  // Begun before anything is waited for: a listener sees what the caller was in.
  const given = listeners.map((listener) => (async () => listener.watch(watched))().catch((): RunWatch => ({})));
  await mkdir(folder, { recursive: true, mode: 0o711 });
  const log = await createRunLog({ folder, run: id, redact, ...withoutUndefined(input.config.logging ?? {}), ...withoutUndefined(config.logging ?? {}), ...withoutUndefined(logging) });
  const others = await Promise.all(given);
  return [log, monitorRun(monitor, folder), ...others];
}

/** A fork's files are those of the run that it was forked off, until it has some of its own. */
async function openFiles(run: HostedRun, book: RunBook, sandbox: 'required' | 'preferred' | 'off'): Promise<TaskWorkspace> {
  const storage = book.storageOf(run.id);
  if (run.forkedFrom !== undefined) await copyWorkspace({ from: await nearestStorage(run.forkedFrom.run, book), to: storage });
  return openWorkspace({ storage, sandbox });
}

/** No step runs in a replay, so nothing is read or written. */
function workspaceOfReplay(base: string, sandbox: string): TaskWorkspace {
  const methods = ['read', 'write', 'remove', 'writeAll', 'run', 'snapshot', 'restore', 'diff', 'changes', 'show', 'files', 'merge', 'checkout', 'close'];
  const refused = (): Promise<never> => Promise.reject(new Error('A replay touches no files.'));
  return { specVersion: 1, root: '', base, sandbox, ...Object.fromEntries(methods.map((name) => [name, refused])) } as unknown as TaskWorkspace;
}
