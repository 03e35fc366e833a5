import type { ModelResponse, ToolCall } from '@fw/models';
import type { AgentContext } from './agent.ts';

/** Why something may not pass. */
export interface GuardrailRefusal {
  /** Ends up in the loop's result, or in `meta.guardrail` of a refused call. */
  readonly code: string;
  readonly message: string;
}

type Guard<Value> = (value: Value, context: AgentContext) => GuardrailRefusal | undefined | Promise<GuardrailRefusal | undefined>;

/**
 * Functions that may refuse. They await nothing but the context; one that throws fails the run, so nothing passes
 * because its guard is broken.
 */
export interface Guardrails {
  /** Asked with the first message before a model is: a refusal ends the loop `refused`. */
  readonly input?: Guard<string>;
  /** Asked with every answer of the model before anything of it is done: a refusal ends the loop `refused`. */
  readonly output?: Guard<ModelResponse>;
  /** Asked with every call before it runs: a refused one is answered `denied`. Calls of terminal tools are not run: `output` sees them. */
  readonly toolCall?: Guard<ToolCall>;
}
