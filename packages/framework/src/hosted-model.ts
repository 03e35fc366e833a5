import type { AgentContext, Json } from '@fw/agents-core';
import type { FailureKind, ModelError, ModelRegistry, ModelResponse } from '@fw/models';
import type { LeafPort, Pause } from '@fw/workflow';

/** After every retry and fallback these are nobody's mistake in the run: it waits and can be resumed. */
const pausing: ReadonlySet<FailureKind> = new Set(['rate-limit', 'quota', 'overloaded', 'server', 'network', 'auth', 'model-gone', 'budget']);

/** A model whose every call is one step of the journal: answered once, never paid twice. */
export function hostModel(port: LeafPort, registry: ModelRegistry, alias: string, scope: { readonly run: string; readonly agent: string; readonly state: string }): AgentContext['model'] {
  return {
    id: registry.list().find(({ name }) => name === alias)?.candidates[0] ?? alias,
    async generate(request) {
      const { output } = await port.leaf('model', async (step) => {
        const response = await registry.get(alias).generate(request, {
          signal: step.signal, scope, key: `${step.key}@${step.attempt}`,
          onEvent: (event) => step.progress(event as unknown as Json),
        });
        return { output: response as unknown as Json };
      }, { origin: 'model', effect: 'idempotent', input: request as unknown as Json, pauses: pauseOf });
      return output as unknown as ModelResponse;
    },
  };
}

function pauseOf(error: unknown): Pause | undefined {
  const { code, failure, message } = error as Partial<ModelError>;
  return failure !== undefined && pausing.has(failure) ? { code: code ?? 'FW_MODEL_FAILED', message: message ?? 'The model cannot be reached.' } : undefined;
}
