// Runs in a plugin's process: makes what a plugin registers ready to be called across.
import { serveAgent } from '@fw/agents-core/serve-agent';
import type { HostMessage } from '@fw/agents-core/serve-agent';
import type { Agent, Json, StepContext, Tool } from '@fw/agents-core';
import type { ModelCall, ModelProvider, ModelRequest } from '@fw/models';
import type { RemoteAdapters, RemoteCall, RemoteDefinition } from '@fw/plugins';
import type { Validator, ValidatorInput } from '@fw/testing';

const adapters: RemoteAdapters = {
  agents: (thing) => adaptAgent(thing as Agent),
  tools: (thing) => adaptTool(thing as Tool),
  validators: (thing) => adaptValidator(thing as Validator),
  providers: (thing) => adaptProvider(thing as ModelProvider),
};

export default adapters;

function adaptAgent(agent: Agent): RemoteDefinition {
  if (typeof agent?.process !== 'function') throw invalid(`Agent "${String(agent?.name)}" has no function "process".`);
  if (agent.accepts !== undefined) throw invalid(`Agent "${agent.name}" has "accepts", which cannot be asked across processes. Leave it out, and give a failed Result for a task it cannot work on.`);
  const served = serveAgent(agent);
  const tell = (call: RemoteCall) => (message: unknown): Promise<void> => call.ask('tell', message as Json).then(() => {});
  return {
    name: agent.name,
    data: served.description as unknown as RemoteDefinition['data'],
    functions: {
      receive: (message, call) => served.receive(message as unknown as HostMessage, tell(call), call.signal),
      initialize: async (config, call) => {
        await served.initialize(config, tell(call));
        return null;
      },
      cleanup: async (reason) => {
        await served.cleanup(reason as 'done');
        return null;
      },
    },
  };
}

function adaptTool(tool: Tool): RemoteDefinition {
  if (typeof tool?.run !== 'function') throw invalid(`Tool "${String(tool?.name)}" has no function "run".`);
  const { name, description, inputSchema } = tool;
  if (tool.kind !== 'leaf') throw invalid(`Tool "${name}" is a composite, which runs inline only. Contribute an agent in its place.`);
  return {
    name,
    data: { name, description, inputSchema: inputSchema as Json, effect: tool.effect },
    functions: {
      run(given, call) {
        const { input, key, attempt } = given as { readonly input: Json; readonly key: string; readonly attempt: number };
        let telling = false;
        const progress: StepContext['progress'] = (delta) => {
          if (telling) return;
          telling = true;
          void call.ask('progress', delta).catch(() => {}).finally(() => { telling = false; });
        };
        return tool.run(input, { key, attempt, signal: call.signal, progress });
      },
    },
  };
}

function adaptValidator(validator: Validator): RemoteDefinition {
  if (typeof validator?.validate !== 'function') throw invalid(`Validator "${String(validator?.name)}" has no function "validate".`);
  return {
    name: validator.name,
    data: { name: validator.name, specVersion: validator.specVersion },
    functions: {
      async validate(given, call) {
        const { base, head, sandbox } = given as { readonly base: string; readonly head: string; readonly sandbox: string };
        const input = { workspace: readingWorkspace(base, sandbox, call), base, head, signal: call.signal } as unknown as ValidatorInput;
        return (await validator.validate(input)) as unknown as Json;
      },
    },
  };
}

function adaptProvider(provider: ModelProvider): RemoteDefinition {
  if (typeof provider?.stream !== 'function') throw invalid(`Provider "${String(provider?.name)}" has no function "stream".`);
  return {
    name: provider.name,
    data: { name: provider.name, specVersion: provider.specVersion },
    functions: {
      async stream(given, { ask, signal }) {
        const { request, call } = given as unknown as { readonly request: ModelRequest; readonly call: Pick<ModelCall, 'model' | 'key' | 'attempt'> };
        const onHeaders = (headers: { readonly [name: string]: string }): void => void ask('headers', headers).catch(() => {});
        try {
          for await (const event of provider.stream(request, { ...call, signal, onHeaders })) await ask('event', event as unknown as Json);
          return {};
        } catch (error) {
          // What its service refuses is no fault of the plugin.
          const { failure, message, retryAt, status } = (error ?? {}) as { readonly failure?: unknown; readonly message?: unknown; readonly retryAt?: unknown; readonly status?: unknown };
          if (typeof failure !== 'string') throw error;
          return { failure: { failure, message: String(message ?? failure), ...(typeof retryAt === 'number' && { retryAt }), ...(typeof status === 'number' && { status }) } };
        }
      },
    },
  };
}

/** What a validator may read of the trees that it looks at; the rest of a workspace is not across. */
function readingWorkspace(base: string, sandbox: string, { ask }: RemoteCall): object {
  const reading = ['changes', 'show', 'files', 'diff'].map((method) => [method, async (...input: readonly Json[]) => (await ask('workspace', { method, input }) as { readonly value?: Json }).value]);
  const run = async (command: readonly string[], options: object = {}): Promise<Json> => {
    const { signal: _signal, onOutput: _onOutput, ...sent } = options as { readonly signal?: unknown; readonly onOutput?: unknown };
    return ask('run', { command, ...sent } as Json);
  };
  const refused = ['read', 'write', 'remove', 'writeAll', 'snapshot', 'restore', 'merge', 'checkout', 'close']
    .map((method) => [method, async () => { throw Object.assign(new Error(`A validator of isolation "process" has changes, show, files, diff and run of its workspace, not ${method}.`), { code: 'FW_PLUGIN_DENIED' }); }]);
  return { specVersion: 1, root: '', base, sandbox, run, ...Object.fromEntries([...reading, ...refused]) as object };
}

function invalid(message: string): Error {
  return Object.assign(new Error(message), { code: 'FW_PLUGIN_INVALID' });
}
