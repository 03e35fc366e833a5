import type { Agent, Finding, Json, JsonSchema, TaskWorkspace, Tool } from '@fw/agents-core';
import { connectAgent } from '@fw/agents-core/wire';
import type { AgentMessage, WireDescription } from '@fw/agents-core/wire';
import type { PluginPermissions, RemoteContribution } from '@fw/plugins';
import type { Validator } from '@fw/testing';
import type { z } from 'zod';
import { withZod } from '@fw/agents-core/with-zod';
import { denied, holdAgent, mayRun } from './hold-agent.ts';
import { withoutUndefined } from './without-undefined.ts';

const toolData = withZod((z) => z.strictObject({ name: z.string(), description: z.string().max(20_000), inputSchema: z.record(z.string(), z.unknown()), effect: z.enum(['pure', 'idempotent', 'once']) }));
const agentData = withZod((z) => z.strictObject({ specVersion: z.literal(1), name: z.string(), version: z.string().max(64).optional(), fingerprint: z.string().max(256).optional(), capabilities: z.array(z.string().max(64)).max(64) }));
const agentMessage = withZod((z) => z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('delta'), delta: z.unknown() }),
  z.strictObject({ type: z.literal('emit'), event: z.strictObject({ type: z.string().max(128), data: z.unknown().optional() }) }),
  z.strictObject({ type: z.literal('log'), message: z.string().max(2_000), data: z.unknown().optional() }),
]));
const asked = withZod((z) => z.strictObject({ method: z.enum(['changes', 'show', 'files', 'diff']), input: z.array(z.string().max(4_096)).max(2) }));
const command = withZod((z) => z.strictObject({ command: z.array(z.string().max(32_768)).min(1).max(1_000), timeoutMs: z.number().positive().max(600_000).optional(), cwd: z.string().max(4_096).optional(), stdin: z.string().max(1_048_576).optional() }));
const findings = withZod((z) => z.array(z.object({
  source: z.string().max(256), rule: z.string().max(256), category: z.string().max(256), severity: z.enum(['low', 'medium', 'high', 'critical']),
  file: z.string().max(4_096), line: z.number(), message: z.string().max(10_000), suggestion: z.string().max(10_000).optional(), isNew: z.boolean(),
})).max(10_000));

/** A tool that runs in its plugin's process. What it answers is JSON of a stranger's, as of any tool. */
export function remoteTool(thing: RemoteContribution): Tool {
  const { description, inputSchema, effect } = parse(toolData, thing.data, thing);
  return {
    kind: 'leaf', name: thing.name, description, inputSchema: inputSchema as JsonSchema, effect,
    run: (input, { key, attempt, signal, progress }) => thing.call('run', { input, key, attempt }, {
      signal, mayRepeat: effect !== 'once',
      answers: { async progress(delta) { progress(delta); return null; } },
    }),
  };
}

/** A validator that runs in its plugin's process, and reads the trees if it may read the workspace. */
export function remoteValidator(thing: RemoteContribution, permissions: PluginPermissions): Validator {
  const mayRead = permissions.fs?.read?.includes('workspace') === true;
  return {
    specVersion: 1, name: thing.name,
    async validate({ workspace, base, head, signal }) {
      const answers = {
        workspace: async (input: Json) => readTrees(workspace, input, mayRead),
        async run(input: Json) {
          const { command: line, ...options } = command.parse(input);
          const refused = mayRun(line, permissions) ?? (workspace.sandbox.startsWith('none') ? denied('Commands of plugins run in a sandbox only, and there is none here.') : undefined);
          if (refused !== undefined) throw Object.assign(new Error(refused.message), { code: refused.code });
          return await workspace.run(line, { ...withoutUndefined(options), ...(signal && { signal }) }) as unknown as Json;
        },
      };
      const found = await thing.call('validate', { base, head, sandbox: workspace.sandbox }, { ...(signal && { signal }), mayRepeat: true, answers });
      // Who found it is not the plugin's to say.
      return parse(findings, found, thing).map((finding) => ({ ...finding, source: thing.name })) as readonly Finding[];
    },
  };
}

/** An agent whose `process` runs in its plugin's process, with its context over the wire: what its permissions do not give is refused there. */
export function remoteAgent(thing: RemoteContribution, plugin: string, permissions: PluginPermissions): Agent {
  const answers = (take: (message: AgentMessage) => void): { readonly tell: (input: Json) => Promise<Json> } => ({
    async tell(input) {
      take(parse(agentMessage, input, thing) as AgentMessage);
      return null;
    },
  });
  return connectAgent(parse(agentData, thing.data, thing) as WireDescription, {
    ...holdAgent(plugin, permissions),
    send: (message, { signal, onMessage }) => thing.call('receive', message as unknown as Json, {
      ...(signal && { signal }), answers: answers(onMessage),
      // A step takes as long as it says itself; a turn only reacts.
      ...(message.type === 'perform' && { timeoutMs: 'none' as const }),
    }),
    async initialize(config, log) {
      await thing.call('initialize', config, { answers: answers((message) => { if (message.type === 'log') log(message.message, message.data); }) });
    },
    async cleanup(reason) {
      await thing.call('cleanup', reason);
    },
  });
}

async function readTrees(workspace: TaskWorkspace, input: Json, mayRead: boolean): Promise<Json> {
  if (!mayRead) throw Object.assign(new Error('permissions.fs.read does not hold "workspace".'), { code: 'FW_PLUGIN_DENIED' });
  const { method, input: [first = '', second = ''] } = asked.parse(input);
  if (method === 'files') return { value: [...await workspace.files(first)] };
  if (method === 'changes') return { value: await workspace.changes(first, second) as unknown as Json };
  const value = await workspace[method](first, second);
  return value === undefined ? {} : { value };
}

function parse<T>(schema: z.ZodType<T>, value: unknown, { kind, name }: RemoteContribution): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw Object.assign(new Error(`${kind} ${name} is not what this host takes: ${result.error.issues.slice(0, 5).map((issue) => `${issue.path.join('.')} ${issue.message}`).join('; ')}.`), { code: 'FW_PLUGIN_INVALID' });
}
