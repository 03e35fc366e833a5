import { hash } from 'node:crypto';
import type { FinishReason, Json, ModelRequest, ModelResponse, Part, ToolCall } from '@fw/models';
import { AgentError } from './agent-error.ts';
import type { AgentContext } from './agent.ts';
import { failure } from './answer-calls.ts';
import type { Artifact } from './artifact.ts';
import type { KeptOutputs } from './kept-outputs.ts';
import type { RevisionRequest } from './result.ts';
import type { Task } from './task.ts';
import type { StepContext } from './step.ts';
import { createTestDurable } from './test-durable.ts';
import type { Tool } from './tool.ts';
import { readOutput } from './tool-exchange.ts';
import type { CommandResult, Workspace } from './workspace.ts';

/** As a host has it. */
const readsAtOnce = 8;

/** What the scripted model answers in one turn. */
export interface ScriptedAnswer {
  readonly text?: string;
  readonly toolCalls?: readonly { readonly name: string; readonly arguments: Json }[];
  readonly finishReason?: FinishReason;
}

export interface TestContextOptions {
  /** One for each call of the model, in order; a function sees the request. */
  readonly answers?: readonly (ScriptedAnswer | ((request: ModelRequest) => ScriptedAnswer))[];
  /** The model's id; default none. */
  readonly model?: string;
  /** Tokens that the model holds; default not known. */
  readonly contextTokens?: number;
  /** Tokens that each answer says it used; default none. */
  readonly usage?: { readonly inputTokens: number; readonly outputTokens: number };
  readonly outputs?: KeptOutputs;
  readonly tools?: readonly Tool[];
  readonly task?: Task;
  /** Default `implementation`. */
  readonly state?: string;
  readonly visit?: number;
  readonly artifacts?: readonly Artifact[];
  readonly requests?: readonly RevisionRequest[];
  /** The workspace: content by path. */
  readonly files?: { readonly [path: string]: string };
  /** What the workspace's commands give; default exit code 127. */
  readonly run?: (command: readonly string[]) => CommandResult;
  /** Answers to `waitFor`, by the signal's name. */
  readonly signals?: { readonly [name: string]: Json };
  readonly signal?: AbortSignal;
}

/** An AgentContext without an engine, and what was seen of the agent. */
export interface TestContext extends AgentContext {
  readonly seen: {
    readonly requests: readonly ModelRequest[];
    readonly toolCalls: readonly ToolCall[];
    readonly events: readonly { readonly type: string; readonly data?: Json }[];
    readonly files: ReadonlyMap<string, string>;
  };
}

/**
 * A context to try an agent in: a scripted model, real tools, files in memory, nothing journaled. Data members are
 * frozen as a host freezes them. A model call beyond the script throws AgentError `FW_AGENT_CONFORMANCE`.
 */
export function createTestContext(options: TestContextOptions = {}): TestContext {
  const { tools = [], state = 'implementation', visit = 1, signal = new AbortController().signal } = options;
  const seen = { requests: [] as ModelRequest[], toolCalls: [] as ToolCall[], events: [] as { type: string; data?: Json }[], files: new Map(Object.entries(options.files ?? {})) };
  const data = freeze({
    state, visit,
    task: options.task ?? { specVersion: 1 as const, id: 'test', goal: 'Try the agent.' },
    artifacts: options.artifacts ?? [],
    requests: options.requests ?? [],
  });
  const list = freeze(tools.map(({ name, description, inputSchema }) => ({ name, description, inputSchema })));
  const durableOptions = { path: `${state}#${visit}`, signal, signals: options.signals ?? {} };

  return createTestDurable<TestContext>(durableOptions, (context) => ({
    ...data,
    seen,
    model: {
      ...(options.model === undefined ? {} : { id: options.model }),
      ...(options.contextTokens === undefined ? {} : { contextTokens: options.contextTokens }),
      async generate(request) {
        signal.throwIfAborted();
        seen.requests.push(structuredClone(request));
        return answer(request, seen.requests.length, options);
      },
    },
    tools: {
      list,
      call: (call) => callTool(context, tools, call, seen.toolCalls),
      async callAll(calls) {
        const isRead = (call: ToolCall): boolean => tools.some((tool) => tool.name === call.name && tool.kind === 'leaf' && tool.effect === 'pure');
        const outputs: Json[] = [];
        let failedWrite: string | undefined;
        while (outputs.length < calls.length) {
          const next = calls.slice(outputs.length, outputs.length + readsAtOnce);
          const end = next.findIndex((call) => !isRead(call));
          const group = end === -1 ? next : next.slice(0, Math.max(1, end));
          if (isRead(group[0]!)) outputs.push(...(await Promise.all(group.map((call) => callTool(context, tools, call, seen.toolCalls)))));
          else if (failedWrite !== undefined) outputs.push(failure('not_executed', `Not executed, because ${failedWrite} before it failed.`));
          else {
            const output = await callTool(context, tools, group[0]!, seen.toolCalls);
            if (readOutput(output).ok === false) failedWrite = group[0]!.name;
            outputs.push(output);
          }
        }
        return outputs;
      },
    },
    ...(options.outputs === undefined ? {} : { outputs: options.outputs }),
    workspace: testWorkspace(seen.files, options.run),
    emit: (event) => void seen.events.push(structuredClone(event)),
  }));
}

function answer(request: ModelRequest, turn: number, { answers = [], usage: used }: TestContextOptions): ModelResponse {
  const entry = answers[turn - 1];
  if (entry === undefined) throw new AgentError('FW_AGENT_CONFORMANCE', { message: `The agent called the model ${turn} times; the script has ${answers.length} answers.` });
  const { text = '', toolCalls = [], finishReason = toolCalls.length > 0 ? 'tool-calls' : 'stop' } = typeof entry === 'function' ? entry(request) : entry;
  const calls = toolCalls.map((call, index) => ({ id: `call-${turn}-${index}`, name: call.name, arguments: structuredClone(call.arguments) }));
  const parts: Part[] = calls.map((call) => ({ type: 'tool-call', ...call }));
  const usage = { inputTokens: 0, outputTokens: 0, ...used, cacheReadTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0, estimated: false, costNanoUsd: 0 };
  return {
    text, reasoning: '', toolCalls: calls, finishReason, usage, model: 'test/script', receipt: { key: `test-${turn}`, attempts: [] },
    message: { role: 'assistant', content: text === '' ? parts : [{ type: 'text', text }, ...parts] },
  };
}

async function callTool(context: AgentContext, tools: readonly Tool[], call: ToolCall, seen: ToolCall[]): Promise<Json> {
  seen.push(call);
  const tool = tools.find((candidate) => candidate.name === call.name);
  if (tool === undefined) return failure('unknown_tool', `There is no tool "${call.name}".`);
  if (tool.kind === 'composite') return context.scope(`tool.${tool.name}`, (inner) => tool.run(call.arguments, inner));
  const run = (step: StepContext): Promise<Json> => tool.run(call.arguments, step).catch((error: unknown) => {
    if (step.signal.aborted) throw error;
    return failure('failed', `${tool.name} failed: ${error instanceof Error ? error.message : String(error)}`);
  });
  return context.step(`tool.${tool.name}`, run, { input: call.arguments, effect: tool.effect });
}

function testWorkspace(files: Map<string, string>, run: TestContextOptions['run']): Workspace {
  return {
    async read(file) {
      const content = files.get(file);
      if (content === undefined) throw new AgentError('FW_AGENT_CONFORMANCE', { message: `The test workspace has no file "${file}".` });
      return content;
    },
    async write(file, content) {
      files.set(file, content);
    },
    async run(command) {
      const nothing: CommandResult = { exitCode: 127, output: `${command.join(' ')}: not found`, omitted: 0, timedOut: false, aborted: false, outOfMemory: false, durationMs: 0, cpuMs: 0, peakMemoryBytes: 0, peakProcesses: 0, writtenBytes: 0, sandbox: 'none: test context' };
      return run?.(command) ?? nothing;
    },
    tree: async () => hash('sha256', JSON.stringify([...files].sort())),
  };
}

function freeze<T>(value: T): T {
  const copy = structuredClone(value);
  const visit = (item: unknown): void => {
    if (item === null || typeof item !== 'object') return;
    Object.freeze(item);
    Object.values(item).forEach(visit);
  };
  visit(copy);
  return copy;
}
