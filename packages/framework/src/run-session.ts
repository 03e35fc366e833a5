import type { Agent, AgentContext, Artifact, Evidence, Json, KeptOutputs, Tool } from '@fw/agents-core';
import type { ModelRegistry } from '@fw/models';
import type { Measurement, Policy, Validator } from '@fw/testing';
import type { HostedContext, LeafPort, RunHost } from '@fw/workflow';
import { hostTools, hostWorkspace } from '@fw/workflow/hosting';
import type { WorkspaceSession } from '@fw/workflow/hosting';
import { approvedTools } from './approved-tools.ts';
import type { WorkflowConfig } from './config.ts';
import { effectivePolicy } from './effective-policy.ts';
import { factsOf } from './guards.ts';
import { hostModel } from './hosted-model.ts';
import type { RunUse } from './hosted-model.ts';
import type { McpTools } from './mcp-tools.ts';
import type { RunClock } from './run-clock.ts';
import { watchPort } from './run-watch.ts';
import type { RunWatch, WatchedStep } from './run-watch.ts';

/** One run while this process drives it: what its agents use, and what was measured of it. */
export interface RunSession {
  readonly host: RunHost;
  readonly workspace: WorkspaceSession;
  /** As the requirements of the run have it. */
  policyFor(artifacts: readonly Artifact[]): Policy;
  readonly validators: readonly Validator[];
  readonly mcp: McpTools;
  /** How many passes review a change. */
  readonly reviewPasses: number;
  /** Of the base and of every tree so far, oldest first. */
  readonly evidence: readonly Evidence[];
  /** Journals what the runner measured. The only way by which evidence comes into being. */
  record(context: AgentContext, name: string, measure: (signal: AbortSignal) => Promise<readonly Measurement[]>): Promise<readonly Evidence[]>;
}

export interface RunSessionOptions {
  readonly run: string;
  /** That it is part of. */
  readonly evaluation?: string;
  readonly workspace: WorkspaceSession;
  readonly policy: Policy;
  readonly validators: readonly Validator[];
  readonly registry: ModelRegistry;
  /** Of an agent whose plugin has a budget of its own. */
  readonly budgeted: (agent: string) => { readonly registry: ModelRegistry; readonly plugin: string } | undefined;
  /** The alias or reference that an agent's calls go to. */
  readonly modelOf: (agent: string) => string;
  /** The model that an agent is told to have. */
  readonly modelIdOf: (agent: string) => string;
  /** What that model holds, where it is known. */
  readonly windowOf: (modelId: string) => number | undefined;
  readonly tools: (session: RunSession) => readonly Tool[];
  readonly mcp: McpTools;
  /** Where the loops of this run keep what they mask; the tools read it too. */
  readonly kept: KeptOutputs;
  readonly workflow: WorkflowConfig;
  /** Absent on a replay. */
  readonly watch?: Required<RunWatch>;
  /** Absent where the task has no limit of time, and on a replay. */
  readonly clock?: RunClock;
  readonly close: NonNullable<RunHost['close']>;
}

/** Which session a context belongs to, for the framework's own agents. */
export interface Sessions {
  readonly of: (context: AgentContext) => RunSession;
  readonly add: (context: object, session: RunSession) => void;
}

export function createSessions(): Sessions {
  const sessions = new WeakMap<object, RunSession>();
  return {
    of: (context) => sessions.get(context)!,
    add: (context, session) => void sessions.set(context, session),
  };
}

export function createRunSession(options: RunSessionOptions, sessions: Sessions): RunSession {
  const { run, evaluation, workspace, policy, registry, modelOf, modelIdOf, windowOf, workflow, mcp, watch } = options;
  const ports = new WeakMap<object, LeafPort>();
  const evidence: Evidence[] = [];
  const use: RunUse = { tokens: 0, costNanoUsd: 0 };
  let tools: readonly Tool[] = [];

  const context = (agent: Pick<Agent, 'name'> & { readonly state: string; readonly visit: number }): ReturnType<RunHost['context']> => {
    const place = { state: agent.state, visit: agent.visit, agent: agent.name };
    watch?.called(place);
    return (durable, given) => {
      const watched = watch === undefined ? given : watchPort(given, watch, place);
      return extend(place, durable, options.clock?.limit(watched) ?? watched);
    };
  };

  const extend = (agent: Pick<WatchedStep, 'state' | 'visit' | 'agent'>, durable: Parameters<ReturnType<RunHost['context']>>[0], port: LeafPort): HostedContext => {
    ports.set(durable, port);
    sessions.add(durable, session);
    const id = modelIdOf(agent.agent);
    const own = options.budgeted(agent.agent);
    return {
      model: hostModel(port, own?.registry ?? registry, {
        alias: modelOf(agent.agent), id, contextTokens: windowOf(id), use, ownBudget: own !== undefined,
        scope: { run, agent: agent.agent, state: agent.state, ...(evaluation !== undefined && { evaluation }), ...(own && { plugin: `${run} ${own.plugin}` }) },
      }),
      tools: approvedTools(durable, hostTools(durable, port, [...tools, ...mcp.tools].map((tool) => watchTool(run, tool, watch)), workspace), workflow.approveTools ?? []),
      workspace: hostWorkspace(port, workspace),
      outputs: options.kept,
      emit: () => {},
    };
  };

  const session: RunSession = {
    workspace, mcp,
    reviewPasses: workflow.reviewPasses ?? 3,
    policyFor: (artifacts) => effectivePolicy(policy, artifacts),
    validators: options.validators,
    evidence,
    async record(context, name, measure) {
      const { output } = await ports.get(context)!.leaf(name, async (step) => {
        const { value } = await workspace.change(() => measure(step.signal));
        const records = value.map((one, index): Evidence => ({ ...one, id: index === 0 ? step.key : `${step.key}/${index}`, origin: 'runner' }));
        return { output: records as unknown as Json };
      }, { origin: 'runner', effect: 'idempotent', input: { tree: workspace.tree } });
      const recorded = output as unknown as readonly Evidence[];
      evidence.push(...recorded);
      return recorded;
    },
    host: {
      context,
      approvals: workflow.approvals ?? [],
      facts: (state) => factsOf({ artifacts: state.artifacts, evidence, base: workspace.workspace.base, tree: workspace.tree, policy: effectivePolicy(policy, state.artifacts) }),
      close: options.close,
    },
  };
  tools = options.tools(session);
  return session;
}

/** Steps inside of a tool are told of with the tool around them. */
function watchTool(run: string, tool: Tool, watch: Required<RunWatch> | undefined): Tool {
  if (watch === undefined || tool.kind !== 'composite') return tool;
  return {
    ...tool,
    run(input: Json, context: AgentContext) {
      const end = watch.entered({ key: `${run}/${context.path}`, tool: tool.name });
      return tool.run(input, context).finally(end);
    },
  };
}
