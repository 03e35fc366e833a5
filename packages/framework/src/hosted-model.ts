import type { AgentContext, Json } from '@fw/agents-core';
import type { FailureKind, ModelError, ModelRegistry } from '@fw/models';
import type { LeafPort, Pause } from '@fw/workflow';
import { hostModel as hostJournaledModel } from '@fw/workflow/hosting';
import { generateUntilEndless } from './until-endless.ts';

/** After every retry and fallback these are nobody's mistake in the run: the service does not work, or it costs too much. It waits and can be resumed. */
const pausing: ReadonlySet<FailureKind> = new Set(['rate-limit', 'quota', 'overloaded', 'server', 'network', 'truncated', 'protocol', 'auth', 'model-gone', 'budget']);

/** What a run has used, of journaled answers alone, so a resumed run counts the same again. */
export interface RunUse {
  tokens: number;
  costNanoUsd: number;
}

export interface HostModelOptions {
  readonly alias: string;
  readonly id: string;
  /** As its card has it. */
  readonly contextTokens?: number | undefined;
  readonly scope: { readonly run: string; readonly agent: string; readonly state: string; readonly evaluation?: string; readonly plugin?: string };
  /** A budget that is not the run's: when it is spent, the agent fails and the run does not wait. */
  readonly ownBudget?: boolean;
  /** Of the whole run; every answer is added. */
  readonly use: RunUse;
}

/** An agent's model: an alias of the registry, its books kept under run, agent and state. */
export function hostModel(port: LeafPort, registry: ModelRegistry, { alias, id, contextTokens, scope, use, ownBudget = false }: HostModelOptions): AgentContext['model'] {
  const model = hostJournaledModel(port, {
    id,
    generate: (request, step) => generateUntilEndless(registry.get(alias), request, {
      signal: step.signal, scope, key: `${step.key}@${step.attempt}`,
      onEvent: (event) => step.progress(event as unknown as Json),
    }),
    keeps: (error) => receiptOf(error),
    pauses: (error) => (ownBudget && (error as Partial<ModelError>).failure === 'budget' ? undefined : pauseOf(error)),
  });
  return {
    ...model,
    ...(contextTokens !== undefined && { contextTokens }),
    used: () => ({ ...use }),
    async generate(request) {
      const response = await model.generate(request);
      use.tokens += response.usage.inputTokens + response.usage.outputTokens;
      use.costNanoUsd += response.usage.costNanoUsd === 'unknown' ? 0 : response.usage.costNanoUsd;
      return response;
    },
  };
}

/** A call that fails may have cost something all the same. */
function receiptOf(error: unknown): Json | undefined {
  const { receipt } = error as Partial<ModelError>;
  return receipt === undefined ? undefined : { receipt: receipt as unknown as Json };
}

function pauseOf(error: unknown): Pause | undefined {
  const { code, failure, message } = error as Partial<ModelError>;
  return failure !== undefined && pausing.has(failure) ? { code: code ?? 'FW_MODEL_FAILED', message: message ?? 'The model cannot be reached.' } : undefined;
}
