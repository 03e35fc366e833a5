import type { Agent, AgentContext, Artifact, Json, Result, RevisionRequest, Task, TaskWorkspace, Tool, ToolCall } from '@fw/agents-core';
import { createAgentRegistry, parseResult } from '@fw/agents-core';
import { addUsage, createModelRegistry, noUsage } from '@fw/models';
import type { ModelProvider, ModelRequest, Usage } from '@fw/models';
import { scripted } from '@fw/models/scripted';
import type { Script, ScriptAnswer } from '@fw/models/scripted';
import { createLocalEngine, defineWorkflow, memoryStore } from '@fw/workflow';
import type { JournalEntry, RunHandle, RunHost, WorkflowDefinition } from '@fw/workflow';
import { createWorkspaceSession, hostModel, hostTools, hostWorkspace } from '@fw/workflow/hosting';
import { workspaceTools } from '@fw/workspace/tools';
import { TestingError } from '../testing-error.ts';
import { withTemporaryWorkspace } from './temporary-workspace.ts';
import { createTestClock } from './test-clock.ts';

export interface ScriptedRunOptions {
  readonly agent: Agent;
  /** Default a task with the goal `Try the agent.`. */
  readonly task?: string | Task;
  /** What the model says: one answer a turn, or a script with conditions. */
  readonly script?: Script | readonly ScriptAnswer[];
  /** In place of a script: any provider, such as a cassette; the model is asked for as `<provider's name>/model`. */
  readonly provider?: ModelProvider;
  /** The workspace's files; default none. */
  readonly files?: { readonly [path: string]: string };
  /** Beside the workspace's own. */
  readonly tools?: readonly Tool[];
  /** Name of the state that the agent works in; default `work`. */
  readonly state?: string;
  /** What the run has made before. */
  readonly artifacts?: readonly Artifact[];
  /** Why it came back to the agent. */
  readonly requests?: readonly RevisionRequest[];
  /** Answers to what the agent waits for, by name. */
  readonly signals?: { readonly [name: string]: Json };
  /** Epoch milliseconds; default `createTestClock()`. */
  readonly clock?: () => number;
  /** Ids and randomness of the run follow from it; default `scripted-run`. */
  readonly id?: string;
  /** Default `preferred`. */
  readonly sandbox?: 'required' | 'preferred' | 'off';
  readonly signal?: AbortSignal;
}

export interface SeenToolCall {
  readonly name: string;
  readonly arguments: Json;
  readonly answer: Json;
}

/** What was seen of a run; all of it is plain data. */
export interface ScriptedRun {
  readonly status: 'success' | 'failed' | 'cancelled' | 'waiting';
  /** Of the agent; of a run that ended otherwise, `failed` with the run's code. */
  readonly result: Result;
  readonly requests: readonly ModelRequest[];
  /** In the order of their answers. */
  readonly toolCalls: readonly SeenToolCall[];
  readonly events: readonly { readonly type: string; readonly data?: Json }[];
  readonly usage: Usage;
  /** Text files of the workspace afterwards. */
  readonly files: { readonly [path: string]: string };
  /** What the run changed, in git's format. */
  readonly patch: string;
  readonly journal: readonly JournalEntry[];
}

/**
 * Runs one agent as a host would: on a real engine with a journal, a real workspace with its tools and sandbox, and a model
 * that plays a script. Offline, and the same in every process.
 * @throws TestingError `FW_TESTING_HARNESS` for options that cannot be used; ModelError `FW_MODEL_SCRIPT` for a script.
 */
export async function scriptedRun(options: ScriptedRunOptions): Promise<ScriptedRun> {
  if ((options.script === undefined) === (options.provider === undefined)) throw new TestingError('FW_TESTING_HARNESS', { message: 'Give the model a script or a provider, and not both.' });
  requireAgent(options.agent);
  const provider = options.provider ?? scripted({ script: toScript(options.script ?? []) });
  return withTemporaryWorkspace(options.files ?? {}, (workspace) => runIn(workspace, provider, options), options.sandbox === undefined ? {} : { sandbox: options.sandbox });
}

/** A list of answers is one for each turn of a conversation. */
function toScript(script: Script | readonly ScriptAnswer[]): Script {
  if ('replies' in script) return script;
  return { version: 1, replies: script.map((then, turn) => ({ when: { turn }, then })) };
}

async function runIn(workspace: TaskWorkspace, provider: ModelProvider, options: ScriptedRunOptions): Promise<ScriptedRun> {
  const { agent, id = 'scripted-run', clock = createTestClock(), signal } = options;
  const registry = createModelRegistry({ providers: [provider], models: {} });
  const session = createWorkspaceSession(workspace);
  const tools = [...workspaceTools(workspace), ...(options.tools ?? [])];
  const seen = { requests: [] as ModelRequest[], toolCalls: [] as SeenToolCall[], events: [] as { type: string; data?: Json }[], journal: [] as JournalEntry[], usage: noUsage, result: undefined as Result | undefined };
  const host: RunHost = {
    context: ({ name, state }) => (durable, port) => ({
      model: hostModel(port, {
        id: `${provider.name}/model`,
        async generate(request, step) {
          seen.requests.push(structuredClone(request));
          const response = await registry.get(`${provider.name}/model`).generate(request, { signal: step.signal, key: `${step.key}@${step.attempt}`, scope: { run: id, agent: name, state } });
          seen.usage = response.receipt.attempts.reduce((sum, attempt) => addUsage(sum, attempt.usage), seen.usage);
          return response;
        },
      }),
      tools: watchTools(hostTools(durable, port, tools, session), seen.toolCalls),
      workspace: hostWorkspace(port, session),
      emit: (event) => void seen.events.push(structuredClone(event)),
    }),
    facts: () => ({ evidence: [], tree: session.tree, vector: [], guards: {} }),
    settled: (entry) => void seen.journal.push(entry),
  };
  const engine = createLocalEngine({ store: memoryStore(), agents: [givenAgent(options), watched(agent, (result) => { seen.result = result; })], host: () => host, clock, pickUp: 'own' });
  try {
    const handle = await engine.start({ id, definition: definitionFor(options), input: taskOf(options.task, id) as unknown as Json });
    const stop = (): void => void handle.cancel('The caller aborted the run.').catch(() => undefined);
    if (signal?.aborted === true) stop();
    signal?.addEventListener('abort', stop, { once: true });
    const ended = await settle(handle, options.signals ?? {}).finally(() => signal?.removeEventListener('abort', stop));
    const { usage, requests, toolCalls, events, journal } = seen;
    const broken: Result = { status: 'failed', artifacts: [], code: ended.code ?? 'FW_TESTING_HARNESS', message: ended.message ?? 'The agent gave no result.' };
    const result = seen.result ?? broken;
    return { status: ended.status, result, requests, toolCalls, events, usage, journal, ...(await filesAfter(workspace)) };
  } finally {
    await engine.close();
  }
}

async function settle(handle: RunHandle, signals: { readonly [name: string]: Json }): Promise<{ readonly status: ScriptedRun['status']; readonly code?: string; readonly message?: string }> {
  const answered = new Set<string>();
  for (;;) {
    const ended = await handle.settled();
    if (ended.status !== 'waiting') return ended;
    const open = ended.questions.filter(({ name }) => Object.hasOwn(signals, name) && !answered.has(name));
    if (open.length === 0) return { status: 'waiting', message: `The run waits for ${ended.questions.map(({ name }) => name).join(', ')}; give the answers in "signals".`, ...(ended.code === undefined ? {} : ended) };
    for (const { name } of open) {
      answered.add(name);
      await handle.signal(name, signals[name] ?? null);
    }
  }
}

/** One state for the agent, after one that stands for all that came before. */
function definitionFor({ agent, state = 'work' }: ScriptedRunOptions): WorkflowDefinition {
  const [capability] = agent.capabilities;
  if (capability === undefined) throw new TestingError('FW_TESTING_HARNESS', { message: `The agent "${agent.name}" names no capability, so no state can ask for it.` });
  return defineWorkflow({
    specVersion: 1, name: 'scripted-run', version: '1', initial: 'given',
    states: {
      given: { capabilities: [givenCapability], on: { done: { to: state, event: 'given' }, revise: { to: state, event: 'asked' } } },
      [state]: { capabilities: [capability], on: { done: { to: 'end', event: 'done' }, revise: { to: 'end', event: 'revise' } } },
      end: { final: 'success' },
    },
  });
}

const givenCapability = 'fw.harness.given';

function givenAgent({ artifacts = [], requests = [] }: ScriptedRunOptions): Agent {
  const result: Result = requests.length === 0 ? { status: 'done', artifacts } : { status: 'revise', artifacts, requests };
  return { specVersion: 1, name: 'given', capabilities: [givenCapability], process: () => Promise.resolve(result) };
}

/** The agent itself, with what it gives seen on the way. */
function watched(agent: Agent, see: (result: Result) => void): Agent {
  return Object.create(agent, {
    process: {
      async value(context: AgentContext) {
        const result = await agent.process(context);
        if (isResult(result, agent.name)) see(result);
        return result;
      },
    },
  }) as Agent;
}

/** What is none is refused by the engine, whose code the run then has. */
function isResult(value: unknown, agent: string): boolean {
  try {
    parseResult(value, agent);
    return true;
  } catch {
    return false;
  }
}

function requireAgent(agent: unknown): void {
  try {
    createAgentRegistry([agent as Agent]);
  } catch (cause) {
    throw new TestingError('FW_TESTING_HARNESS', { message: (cause as Error).message, cause });
  }
}

function watchTools(tools: AgentContext['tools'], seen: SeenToolCall[]): AgentContext['tools'] {
  const see = (call: ToolCall, answer: Json): void => void seen.push({ name: call.name, arguments: structuredClone(call.arguments), answer });
  return {
    list: tools.list,
    async call(call) {
      const answer = await tools.call(call);
      see(call, answer);
      return answer;
    },
    async callAll(calls) {
      const answers = await tools.callAll(calls);
      calls.forEach((call, index) => see(call, answers[index] ?? null));
      return answers;
    },
  };
}

function taskOf(task: string | Task | undefined, id: string): Task {
  return typeof task === 'object' ? task : { specVersion: 1, id, goal: task ?? 'Try the agent.' };
}

async function filesAfter(workspace: TaskWorkspace): Promise<Pick<ScriptedRun, 'files' | 'patch'>> {
  const tree = await workspace.snapshot();
  const files: (readonly [string, string])[] = [];
  for (const file of await workspace.files(tree)) {
    const content = await workspace.show(tree, file).catch(() => undefined);
    if (content !== undefined) files.push([file, content]);
  }
  return { files: Object.fromEntries(files), patch: await workspace.diff(workspace.base, tree) };
}
