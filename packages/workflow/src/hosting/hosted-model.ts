import type { AgentContext, Json, StepContext } from '@fw/agents-core';
import type { Pause } from '../machine.ts';
import type { LeafPort } from '../scope.ts';

type Model = AgentContext['model'];

export interface HostModelOptions {
  /** As in `AgentContext`: `provider/name@version` of the model that is asked first. */
  readonly id?: string;
  /** One call, with everything that it needs (limits, retries, fallback) inside. */
  generate(request: Parameters<Model['generate']>[0], step: StepContext): ReturnType<Model['generate']>;
  /** Failures that are nobody's mistake in the run: it waits and can be resumed. */
  readonly pauses?: (error: unknown) => Pause | undefined;
  /** What the journal keeps of a failed call beside code and message, such as its receipt. */
  readonly keeps?: (error: unknown) => Json | undefined;
}

/** A model whose every call is one step of the journal: answered once, never paid twice. */
export function hostModel(port: LeafPort, options: HostModelOptions): Model {
  const { id, generate, pauses, keeps } = options;
  return {
    ...(id === undefined ? {} : { id }),
    generate(request) {
      const run = (step: StepContext): Promise<{ readonly output: Json }> => Promise.resolve(generate(request, step)).then((output) => ({ output: output as unknown as Json }));
      const asked = port.leaf('model', run, { origin: 'model', effect: 'idempotent', input: request as unknown as Json, ...(pauses === undefined ? {} : { pauses }), ...(keeps === undefined ? {} : { keeps }) });
      return asked.then(({ output }) => output as unknown as Awaited<ReturnType<Model['generate']>>);
    },
  };
}
