import type { ModelRequest, ModelResponse } from '@fw/models';
import type { AgentContext } from './agent.ts';

/**
 * One answer that is to be JSON. Undefined when the model answered something else, which a model of `@fw/models` says
 * by an error: it can be asked again.
 */
export async function generateJson(context: Pick<AgentContext, 'model'>, request: ModelRequest): Promise<ModelResponse | undefined> {
  try {
    return await context.model.generate(request);
  } catch (error) {
    if ((error as { readonly code?: unknown } | null)?.code === 'FW_MODEL_MALFORMED') return undefined;
    throw error;
  }
}
