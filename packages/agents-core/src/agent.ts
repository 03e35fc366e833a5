import type { Json, ModelRequest, ModelResponse, ToolCall, ToolSpec } from '@fw/models';
import type { Artifact } from './artifact.ts';
import type { DurableContext } from './durable-context.ts';
import type { KeptOutputs } from './kept-outputs.ts';
import type { Result, RevisionRequest } from './result.ts';
import type { Task } from './task.ts';
import type { Workspace } from './workspace.ts';

/** Everything that works on a task: model-backed agents, the test runner, the judge, a person, a stranger's plugin. */
export interface Agent {
  readonly specVersion: 1;
  readonly name: string;
  /** Package version; part of an artifact's producer. Default `0.0.0`. */
  readonly version?: string;
  /** What else decides how it works, such as a hash of its prompts. A run that was begun with another one is not gone on with unasked. */
  readonly fingerprint?: string;
  /** What it can be asked for: `plan`, `analyse`, `design`, `review-design`, `implement`, `test`, `review`, `validate`, `judge`, … */
  readonly capabilities: readonly string[];
  /** False for a task it cannot work on: it is not selected. Pure; default yes. */
  accepts?(task: Task): boolean;
  initialize?(host: AgentHost): Promise<void>;
  /** May be called again from the start with the same journal: keep no state between calls. */
  process(context: AgentContext): Promise<Result>;
  cleanup?(reason: 'done' | 'cancelled' | 'failed'): Promise<void>;
}

export interface AgentHost {
  readonly config: Json;
  log(message: string, data?: Json): void;
}

/** What an agent gets. Data members are frozen JSON; `model`, `tools` and `workspace` are journaled for it. */
export interface AgentContext extends DurableContext {
  readonly task: Task;
  readonly state: string;
  /** 1 for the first visit of the state. */
  readonly visit: number;
  /** All artifacts of the run so far, oldest first. */
  readonly artifacts: readonly Artifact[];
  /** Why the run came back to this state; empty on the first way through. */
  readonly requests: readonly RevisionRequest[];
  readonly model: {
    /** `provider/name@version` of the model that is asked first, the same whenever the run is resumed; absent where the host does not know it. */
    readonly id?: string;
    /** Tokens it holds, input and output together; absent where the host does not know it. */
    readonly contextTokens?: number;
    /** What the run has used so far, of journaled calls alone; absent where the host does not count. */
    used?(): { readonly tokens: number; readonly costNanoUsd: number };
    generate(request: ModelRequest): Promise<ModelResponse>;
  };
  readonly tools: {
    readonly list: readonly ToolSpec[];
    /** An unknown tool, or input that does not fit, is an answer, not an error. */
    call(call: ToolCall): Promise<Json>;
    /** Reads in parallel, writes in order; one answer for each call, in the order of the calls. */
    callAll(calls: readonly ToolCall[]): Promise<Json[]>;
  };
  readonly workspace: Workspace;
  /**
   * Where the loop keeps what it takes out of a conversation. A host that gives the same store to its tools lets
   * `read_file` and `search` take `output://` references; without one the loop answers `read_file` of its own itself.
   */
  readonly outputs?: KeptOutputs;
  /** Live only, one way, dropped on replay. What must last is a step or the Result. */
  emit(event: { readonly type: string; readonly data?: Json }): void;
}
