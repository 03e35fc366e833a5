import type { RunHost } from './engine.ts';
import { WorkflowError } from './workflow-error.ts';

/** The host of an engine that was made without one: agents have the durable operations only. */
export const withoutHost: RunHost = {
  context: () => () => ({
    model: { generate: missing('model') },
    tools: { list: [], call: missing('tools'), callAll: missing('tools') },
    workspace: { read: missing('workspace'), write: missing('workspace'), run: missing('workspace'), tree: missing('workspace') },
    emit: () => {},
  }),
  facts: () => ({ evidence: [], guards: {} }),
};

function missing(what: string): () => Promise<never> {
  return async () => {
    throw new WorkflowError('FW_WORKFLOW_NO_HOST', { message: `This engine was made without a host, so an agent has no ${what}. Pass \`host\` to the engine, or use @fw/framework.` });
  };
}
