import type { Json, ModelRequest, ToolCall } from '@fw/models';
import { withZod } from '../with-zod.ts';
import { AgentError } from '../agent-error.ts';
import type { Agent, AgentContext } from '../agent.ts';
import { checkAgent } from '../check-agent.ts';
import { parseResult } from '../parse-result.ts';
import type { Result } from '../result.ts';
import type { AgentMessage, HostMessage, WireCommand, WireDescription, WireFailure, WireMember, WireNow, WireScope, WireTurn } from './messages.ts';

/** The way to an agent in another process. */
export interface AgentLink {
  /** Sends a message and gives its answer; `onMessage` takes what the agent says meanwhile. Rejects when the agent is lost. */
  send(message: HostMessage, options: { readonly signal?: AbortSignal; onMessage(message: AgentMessage): void }): Promise<Json>;
  initialize?(config: Json, log: (message: string, data?: Json) => void): Promise<void>;
  cleanup?(reason: 'done' | 'cancelled' | 'failed'): Promise<void>;
  /** Why the agent may not ask its context for this, which is then its answer. Has to say the same when a run is played again. */
  refuse?(member: WireMember, input: readonly Json[]): WireFailure | undefined;
  /** Which tools it is told of; default all. */
  mayCall?(tool: string): boolean;
}

const failure = withZod((z) => z.strictObject({ code: z.string().max(256), message: z.string().max(10_000) }));
const command = withZod((z) => z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('step'), id: z.int(), scope: z.int(), name: z.string().min(1).max(256), input: z.unknown().optional(), effect: z.enum(['pure', 'idempotent', 'once']).optional(), timeoutMs: z.number().positive().optional() }),
  z.strictObject({
    type: z.literal('call'), id: z.int(), scope: z.int(), input: z.array(z.unknown()).max(8),
    member: z.enum(['model.generate', 'tools.call', 'tools.callAll', 'workspace.read', 'workspace.write', 'workspace.run', 'workspace.tree', 'waitFor', 'sleep', 'child']),
  }),
  z.strictObject({ type: z.literal('open'), id: z.int(), scope: z.int(), name: z.string().min(1).max(256), branches: z.int().min(0).max(1_000).optional() }),
  z.strictObject({ type: z.literal('close'), scope: z.int() }),
]));
const turnSchema = withZod((z) => z.strictObject({ commands: z.array(command).max(10_000), result: z.unknown().optional(), failed: failure.optional() }));

let lastSession = 0;

/**
 * An agent of another process as the engine takes it. What the agent asks for is asked of the engine in batches: the
 * next one begins when all of one have settled, and the agent has reacted to each in the order of the journal. So it
 * asks for the same things in the same order when the run is played again, however long the wire takes.
 */
export function connectAgent(description: WireDescription, link: AgentLink): Agent {
  return checkAgent({
    ...description,
    ...(link.initialize && { initialize: ({ config, log }: { config: Json; log(message: string, data?: Json): void }) => link.initialize!(config, log) }),
    ...(link.cleanup && { cleanup: (reason: 'done' | 'cancelled' | 'failed') => link.cleanup!(reason) }),
    process: (context: AgentContext) => drive(description.name, context, link),
  }, description.name);
}

interface Settlement {
  readonly id: number;
  readonly output?: Json;
  readonly scopes?: readonly WireScope[];
  readonly error?: WireFailure;
}

async function drive(name: string, context: AgentContext, link: AgentLink): Promise<Result> {
  lastSession += 1;
  const session = lastSession;
  const scopes = new Map<number, { readonly context: AgentContext; close(): void }>([[0, { context, close: () => {} }]]);
  const settled: Settlement[] = [];
  let lastScope = 0;
  let open = 0;
  let wake: () => void = () => {};

  const nowOf = (): WireNow => ({ at: context.now(), ...(context.model.used && { used: context.model.used() }) });
  const take = (message: AgentMessage): void => {
    if (message.type === 'emit') context.emit(message.event);
  };
  const send = async (message: HostMessage): Promise<WireTurn> => readTurn(name, await link.send(message, { onMessage: take }));

  /** What a command comes to is told to the agent in the order in which the engine settles. */
  const settle = (id: number, work: Promise<Omit<Settlement, 'id'>>): void => {
    open += 1;
    work.then((end) => { settled.push({ id, ...end }); }, (error: unknown) => { settled.push({ id, error: failureOf(error) }); }).finally(() => {
      open -= 1;
      wake();
    });
  };

  const enter = (inner: AgentContext): { readonly scope: WireScope; readonly closed: Promise<void> } => {
    lastScope += 1;
    const scope = lastScope;
    const closed = new Promise<void>((resolve) => { scopes.set(scope, { context: inner, close: resolve }); });
    return { scope: { scope, path: inner.path, seed: inner.id() }, closed };
  };

  const openScopes = (id: number, parent: AgentContext, scopeName: string, branches: number | undefined): void => {
    const entered: WireScope[] = [];
    let tell: () => void = () => {};
    settle(id, new Promise((resolve) => { tell = () => resolve({ scopes: entered }); }));
    const branch = (index: number) => (inner: AgentContext): Promise<void> => {
      const { scope, closed } = enter(inner);
      entered[index] = scope;
      if (Object.keys(entered).length === (branches ?? 1)) tell();
      return closed;
    };
    if (branches === 0) return tell();
    const entering = branches === undefined ? parent.scope(scopeName, branch(0)) : parent.all(scopeName, Array.from({ length: branches }, (_, index) => branch(index)));
    entering.catch(() => {});
  };

  const issue = (asked: WireCommand): void => {
    const at = scopes.get(asked.scope);
    if (at === undefined) throw invalid(name, `asked in scope ${asked.scope}, which is not open`);
    if (asked.type === 'close') {
      if (asked.scope === 0) throw invalid(name, 'closed the scope that it was given');
      scopes.delete(asked.scope);
      at.close();
    } else if (asked.type === 'open') openScopes(asked.id, at.context, asked.name, asked.branches);
    else if (asked.type === 'call') {
      const refused = link.refuse?.(asked.member, asked.input);
      settle(asked.id, refused === undefined ? callMember(at.context, asked.member, asked.input).then((output) => ({ output })) : Promise.resolve({ error: refused }));
    }
    else {
      const { id, name: step, input, effect, timeoutMs } = asked;
      const run = at.context.step<Json>(step, ({ key, attempt, signal, progress }) => link.send({ type: 'perform', session, id, key, attempt }, {
        signal, onMessage: (message) => { if (message.type === 'delta') progress(message.delta); },
      }), { ...(input !== undefined && { input }), ...(effect && { effect }), ...(timeoutMs !== undefined && { timeoutMs }) });
      settle(id, run.then((output) => ({ output })));
    }
  };

  const abort = (): void => {
    const { code, message } = failureOf(context.signal.reason);
    link.send({ type: 'abort', session, code, message }, { onMessage: () => {} }).catch(() => {});
  };
  context.signal.addEventListener('abort', abort, { once: true });
  try {
    const { task, state, visit, artifacts, requests } = context;
    const data = { task, state, visit, artifacts, requests, tools: context.tools.list.filter((tool) => link.mayCall?.(tool.name) ?? true), ...(context.model.id !== undefined && { modelId: context.model.id }), ...(context.model.contextTokens !== undefined && { contextTokens: context.model.contextTokens }) } as unknown as { readonly [member: string]: Json };
    let turn = await send({ type: 'start', session, now: nowOf(), scope: { scope: 0, path: context.path, seed: context.id() }, data });
    let batch: WireCommand[] = [];
    for (;;) {
      batch.push(...turn.commands);
      if (turn.failed) throw Object.assign(new Error(turn.failed.message), { code: turn.failed.code });
      if (turn.result !== undefined) return parseResult(turn.result, name);
      if (open === 0 && settled.length === 0) {
        if (batch.length === 0) throw invalid(name, 'neither ended nor asked for anything');
        const asked = batch;
        batch = [];
        for (const one of asked) issue(one);
      }
      while (settled.length === 0 && open > 0) await new Promise<void>((resolve) => { wake = resolve; });
      const next = settled.shift();
      // Only scopes were closed.
      if (next === undefined) turn = { commands: [] };
      else turn = await send({ type: 'settle', session, now: nowOf(), ...next });
    }
  } finally {
    context.signal.removeEventListener('abort', abort);
    for (const { close } of scopes.values()) close();
  }
}

function callMember(context: AgentContext, member: WireMember, input: readonly Json[]): Promise<Json> {
  const { model, tools, workspace } = context;
  const [first, second, third] = input;
  const text = (value: Json | undefined): string => String(value);
  switch (member) {
    case 'model.generate': return model.generate(first as unknown as ModelRequest) as unknown as Promise<Json>;
    case 'tools.call': return tools.call(first as unknown as ToolCall);
    case 'tools.callAll': return tools.callAll(first as unknown as readonly ToolCall[]);
    case 'workspace.read': return workspace.read(text(first));
    case 'workspace.write': return workspace.write(text(first), text(second)).then(() => null);
    case 'workspace.run': return workspace.run(first as readonly string[], second as object) as unknown as Promise<Json>;
    case 'workspace.tree': return workspace.tree();
    case 'waitFor': return context.waitFor<Json>(text(first), second as object).then((value) => (value === undefined ? {} : { value }));
    case 'sleep': return context.sleep(Number(first)).then(() => null);
    case 'child': return context.child(text(first), text(second), third ?? null);
  }
}

function readTurn(name: string, value: Json): WireTurn {
  const parsed = turnSchema.safeParse(value);
  if (!parsed.success) throw invalid(name, `sent a turn that is none: ${parsed.error.issues.slice(0, 3).map((issue) => `${issue.path.join('.')} ${issue.message}`).join('; ')}`);
  return parsed.data as WireTurn;
}

function invalid(name: string, why: string): AgentError {
  return new AgentError('FW_AGENT_INVALID', { message: `Agent "${name}" ${why}.` });
}

function failureOf(error: unknown): WireFailure {
  const { code, message } = typeof error === 'object' && error !== null ? (error as { readonly code?: unknown; readonly message?: unknown }) : {};
  return { code: typeof code === 'string' ? code : 'FW_AGENT_FAILED', message: typeof message === 'string' ? message.slice(0, 10_000) : 'it failed without saying why' };
}
