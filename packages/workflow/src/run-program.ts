import type { Agent, Json, parseResult, Result } from '@fw/agents-core';
import { loadSchemas } from './answer-schema.ts';
import type { WorkflowDefinition } from './definition.ts';
import type { RunHost, RunOutcome } from './engine.ts';
import { interpret, taskOf } from './interpret.ts';
import type { Program, ProgramBeginning } from './interpret.ts';
import { Machine } from './machine.ts';
import type { Backend } from './machine.ts';
import { selectAgents } from './manager.ts';
import type { HandleFailure } from './manager.ts';
import { firstState } from './run-state.ts';
import type { RunState } from './run-state.ts';
import { describeError, WorkflowError } from './workflow-error.ts';

export interface RunProgramOptions {
  readonly run: string;
  readonly definition: WorkflowDefinition;
  readonly input: Json;
  /** Epoch milliseconds; what `now()` gives before anything has settled. */
  readonly createdAt: number;
  /** Initialized ones. */
  readonly agents: readonly Agent[];
  readonly host: RunHost;
  readonly backend: Backend;
  readonly handleFailure?: HandleFailure;
  /** Of a run that was migrated. */
  readonly beginning?: ProgramBeginning;
  readonly signals?: ReadonlyMap<string, number>;
  /** Aborts what is under way; a host that needs the signal is made with it. */
  readonly abort: AbortController;
}

let loaded: typeof parseResult | undefined;

/** What the program uses without being able to wait for it; an import that is known already still costs a run some turns of the queue. */
async function loadProgram(): Promise<void> {
  await loadSchemas();
  loaded ??= (await import('@fw/agents-core')).parseResult;
}

/** A run as one attempt drives it: the program of every run on that backend. */
export class RunProgram implements Program {
  readonly run: string;
  readonly definition: WorkflowDefinition;
  readonly input: Json;
  readonly agents: readonly Agent[];
  readonly host: RunHost;
  readonly handleFailure: HandleFailure | undefined;
  readonly beginning: ProgramBeginning | undefined;
  readonly #abort: AbortController;
  readonly #machine: Machine;
  /** The state that the run is in. */
  state: RunState;

  constructor(options: RunProgramOptions) {
    this.run = options.run;
    this.definition = options.definition;
    this.input = options.input;
    this.agents = options.agents;
    this.host = options.host;
    this.handleFailure = options.handleFailure;
    this.beginning = options.beginning;
    this.#abort = options.abort;
    this.#machine = new Machine(options.backend, options.createdAt, options.signals);
    this.state = options.beginning?.state ?? firstState(options.definition.initial);
  }

  get abort(): AbortSignal {
    return this.#abort.signal;
  }

  parseResult(value: unknown, agent: string): Result {
    return loaded!(value, agent);
  }

  /**
   * Drives the run to its end. What the backend throws passes.
   * @throws WorkflowError `FW_WORKFLOW_ILLEGAL`, `FW_WORKFLOW_DIVERGED`, `FW_WORKFLOW_STALLED`, `FW_WORKFLOW_NO_AGENT`.
   */
  async drive(): Promise<RunOutcome> {
    assertGuards(this.definition, this.host);
    await loadProgram();
    try {
      return await this.#machine.drive(() => interpret(this.#machine, this));
    } catch (error) {
      const { code, message } = describeError(error);
      if (!this.#machine.isCancelled || code !== 'FW_WORKFLOW_CANCELLED') throw error;
      return this.cancelled(message);
    }
  }

  /** From here on nothing new begins, and what is under way sees the abort. Call it when the journal says so: see `onCancel`. */
  cancel(error: WorkflowError): void {
    this.#machine.cancel(error);
    this.#abort.abort(error);
  }

  /** How a run ends that was cancelled here. */
  cancelled(message: string): RunOutcome {
    return { status: 'cancelled', state: this.state, code: 'FW_WORKFLOW_CANCELLED', message };
  }
}

/**
 * Said before a new run begins: without its agents it waits for a process that has them; in its first step it would fail.
 * @throws WorkflowError `FW_WORKFLOW_NO_AGENT`.
 */
export function assertAgents(definition: WorkflowDefinition, agents: readonly Agent[], input: Json): void {
  selectAgents(definition, agents, taskOf(input));
}

/** A guard that nobody answers would never hold: said before anything runs. */
function assertGuards(definition: WorkflowDefinition, host: RunHost): void {
  const { guards } = host.facts(firstState(definition.initial));
  const named = Object.values(definition.states).flatMap((state) => ('final' in state ? [] : Object.values(state.on).flatMap((arrow) => arrow?.guard ?? [])));
  const missing = [...new Set(named)].filter((name) => !Object.hasOwn(guards, name));
  if (missing.length > 0) {
    throw new WorkflowError('FW_WORKFLOW_ILLEGAL', { message: `Workflow "${definition.name}" names the guards ${missing.map((name) => `"${name}"`).join(', ')}, which the engine's host does not answer. Give them in facts().guards, or leave them out of the definition.` });
  }
}
