import type { AgentContext, Json } from '@fw/agents-core';
import type { FailureKind, ModelError, ModelRegistry } from '@fw/models';
import type { LeafPort, Pause } from '@fw/workflow';
import { hostModel as hostJournaledModel } from '@fw/workflow/hosting';

/** After every retry and fallback these are nobody's mistake in the run: it waits and can be resumed. */
const pausing: ReadonlySet<FailureKind> = new Set(['rate-limit', 'quota', 'overloaded', 'server', 'network', 'auth', 'model-gone', 'budget']);

/** An agent's model: an alias of the registry, its books kept under run, agent and state. */
export function hostModel(port: LeafPort, registry: ModelRegistry, { alias, id }: { readonly alias: string; readonly id: string }, scope: { readonly run: string; readonly agent: string; readonly state: string }): AgentContext['model'] {
  return hostJournaledModel(port, {
    id,
    generate: (request, step) => registry.get(alias).generate(request, {
      signal: step.signal, scope, key: `${step.key}@${step.attempt}`,
      onEvent: (event) => step.progress(event as unknown as Json),
    }),
    pauses: pauseOf,
  });
}

function pauseOf(error: unknown): Pause | undefined {
  const { code, failure, message } = error as Partial<ModelError>;
  return failure !== undefined && pausing.has(failure) ? { code: code ?? 'FW_MODEL_FAILED', message: message ?? 'The model cannot be reached.' } : undefined;
}
