import { hash } from 'node:crypto';
import type { Json } from '@fw/models';
import type { Agent, AgentContext } from '../agent.ts';
import type { Result } from '../result.ts';
import type { StepContext, StepOptions } from '../step.ts';
import type { AgentMessage, HostMessage, WireCommand, WireDescription, WireMember, WireNow, WireScope, WireTurn } from './messages.ts';

/** Says something to the host while its message is answered, and waits until it was taken. */
export type TellHost = (message: AgentMessage) => Promise<void>;

/** An agent as it is reached from another process. */
export interface ServedAgent {
  readonly description: WireDescription;
  /** Answers one message of the host. `signal` aborts a `perform`. */
  receive(message: HostMessage, tell: TellHost, signal: AbortSignal): Promise<Json>;
  initialize(config: Json, tell: TellHost): Promise<void>;
  cleanup(reason: 'done' | 'cancelled' | 'failed'): Promise<void>;
}

type WithoutId<Command> = Command extends unknown ? Omit<Command, 'id'> : never;

interface Session {
  readonly pending: Map<number, { resolve(value: never): void; reject(error: Error): void }>;
  readonly steps: Map<number, (step: StepContext) => unknown>;
  readonly stop: AbortController;
  commands: WireCommand[];
  now: WireNow;
  tell: TellHost;
  lastId: number;
  ended: Pick<WireTurn, 'result' | 'failed'> | undefined;
}

/** How long an agent may take to ask for something after everything it asked for was answered. */
const quietMs = 800;

/** Runs an agent's side of the wire. Its steps run here; everything else of its context is asked of the host. */
export function serveAgent(agent: Agent): ServedAgent {
  const { specVersion, name, version, fingerprint, capabilities } = agent;
  const sessions = new Map<number, Session>();

  const find = (id: number): Session => {
    const session = sessions.get(id);
    if (session === undefined) throw Object.assign(new Error(`There is no session ${id}; the agent's process was started anew.`), { code: 'FW_AGENT_WIRE' });
    return session;
  };

  /** Everything that needs no waiting is done, or the agent has ended. */
  const turnOf = async (id: number, session: Session): Promise<Json> => {
    await new Promise((resolve) => { setImmediate(resolve); });
    const until = performance.now() + quietMs;
    const isStuck = (): boolean => session.ended === undefined && session.commands.length === 0 && session.pending.size === 0;
    while (isStuck() && performance.now() < until) await new Promise((resolve) => { setTimeout(resolve, 5); });
    const { commands, ended } = session;
    session.commands = [];
    if (ended !== undefined) sessions.delete(id);
    const stuck = isStuck() && commands.length === 0 ? { failed: { code: 'FW_WORKFLOW_STALLED', message: `Agent "${name}" awaits something that is not a durable operation. Put timers, I/O and foreign promises into context.step.` } } : {};
    return { commands, ...stuck, ...ended } as unknown as Json;
  };

  return {
    description: { specVersion, name, capabilities: [...capabilities], ...(version !== undefined && { version }), ...(fingerprint !== undefined && { fingerprint }) },
    async receive(message, tell, signal) {
      if (message.type === 'start') {
        const session: Session = { pending: new Map(), steps: new Map(), stop: new AbortController(), commands: [], now: message.now, tell, lastId: 0, ended: undefined };
        sessions.set(message.session, session);
        Promise.resolve(contextOf(session, message.scope, message.data)).then((context) => agent.process(context)).then(
          (result: Result) => { session.ended = { result }; },
          (error: unknown) => { session.ended = { failed: failureOf(error) }; },
        );
        return turnOf(message.session, session);
      }
      const session = find(message.session);
      if (message.type === 'perform') {
        const step = session.steps.get(message.id);
        session.steps.delete(message.id);
        if (step === undefined) throw Object.assign(new Error(`There is no step ${message.id} to run.`), { code: 'FW_AGENT_WIRE' });
        // What an earlier delta waits for is not waited for: a delta may be dropped, and then is.
        let telling = false;
        const progress = (delta: Json): void => {
          if (telling) return;
          telling = true;
          void tell({ type: 'delta', delta }).catch(() => {}).finally(() => { telling = false; });
        };
        return (await step({ key: message.key, attempt: message.attempt, signal: AbortSignal.any([signal, session.stop.signal]), progress })) as Json;
      }
      if (message.type === 'abort') {
        session.stop.abort(Object.assign(new Error(message.message), { code: message.code }));
        return null;
      }
      Object.assign(session, { now: message.now, tell });
      const waiting = session.pending.get(message.id);
      session.pending.delete(message.id);
      if (message.error !== undefined) waiting?.reject(Object.assign(new Error(message.error.message), { code: message.error.code }));
      else waiting?.resolve((message.scopes ?? message.output ?? null) as never);
      return turnOf(message.session, session);
    },
    async initialize(config, tell) {
      await agent.initialize?.({ config, log: (message, data) => void tell({ type: 'log', message, ...(data !== undefined && { data }) }).catch(() => {}) });
    },
    cleanup: async (reason) => agent.cleanup?.(reason),
  };
}

/** The context of one scope: what it is asked for becomes commands, in the order in which it is asked. */
function contextOf(session: Session, { scope, path, seed }: WireScope, data: { readonly [member: string]: Json }): AgentContext {
  let draws = 0;
  const draw = (): number => Number.parseInt(hash('sha256', `${seed}|${draws++}`).slice(0, 12), 16);
  const ask = <T>(command: WithoutId<Exclude<WireCommand, { readonly type: 'close' }>>): Promise<T> => {
    session.lastId += 1;
    const id = session.lastId;
    session.commands.push({ ...command, id } as WireCommand);
    return new Promise<T>((resolve, reject) => { session.pending.set(id, { resolve, reject }); });
  };
  const call = <T>(member: WireMember, ...input: readonly unknown[]): Promise<T> => ask({ type: 'call', scope, member, input: plain(input) as readonly Json[] });
  const close = (one: WireScope): void => { session.commands.push({ type: 'close', scope: one.scope }); };
  const within = async <T>(one: WireScope, run: (context: AgentContext) => Promise<T>): Promise<T> => {
    try {
      return await run(contextOf(session, one, data));
    } finally {
      close(one);
    }
  };
  const open = (name: string, branches?: number): Promise<readonly WireScope[]> => ask({ type: 'open', scope, name, ...(branches !== undefined && { branches }) });
  const { task, state, visit, artifacts, requests, tools, modelId, contextTokens } = data;

  return {
    path, task, state, visit, artifacts, requests,
    signal: session.stop.signal,
    step(name: string, run: (step: StepContext) => unknown, { input, effect, timeoutMs }: StepOptions = {}) {
      const promise = ask({ type: 'step', scope, name, ...(input !== undefined && { input: plain(input) }), ...(effect !== undefined && { effect }), ...(timeoutMs !== undefined && { timeoutMs }) });
      session.steps.set(session.lastId, run);
      return promise;
    },
    async scope(name: string, run: (context: AgentContext) => Promise<unknown>) {
      const [one] = await open(name);
      return within(one!, run);
    },
    async all(name: string, branches: readonly ((context: AgentContext) => Promise<unknown>)[], { concurrency = branches.length }: { readonly concurrency?: number } = {}) {
      const scopes = await open(name, branches.length);
      const results: unknown[] = [];
      const left = [...branches.entries()];
      let failed = false;
      const work = async (): Promise<void> => {
        for (let item = left.shift(); item !== undefined && !failed; item = left.shift()) {
          const [index, branch] = item;
          try {
            results[index] = await within(scopes[index]!, branch);
          } catch (error) {
            failed = true;
            throw error;
          }
        }
      };
      const ended = await Promise.allSettled(Array.from({ length: Math.max(1, Math.min(concurrency, branches.length)) }, work));
      // Those that never began.
      for (const [index] of left) close(scopes[index]!);
      const bad = ended.find((end) => end.status === 'rejected');
      if (bad !== undefined) throw bad.reason;
      return results;
    },
    async race(name: string, branches: readonly ((context: AgentContext) => Promise<unknown>)[]) {
      const scopes = await open(name, branches.length);
      const running = branches.map((branch, index) => within(scopes[index]!, branch));
      const first = Promise.race(running);
      await Promise.allSettled(running);
      return first;
    },
    waitFor: (signal: string, options?: object) => call<Json>('waitFor', signal, options ?? {}).then((answer) => (answer as { readonly value?: Json }).value),
    sleep: async (durationMs: number) => void (await call('sleep', durationMs)),
    child: (name: string, definition: string, input: Json) => call('child', name, definition, input),
    now: () => session.now.at,
    random: () => draw() / 2 ** 48,
    id: () => draw().toString(36),
    model: {
      ...(modelId !== undefined && { id: modelId }),
      ...(contextTokens !== undefined && { contextTokens }),
      ...(session.now.used !== undefined && { used: () => session.now.used! }),
      generate: (request: unknown) => call('model.generate', request),
    },
    tools: { list: tools, call: (one: unknown) => call('tools.call', one), callAll: (calls: unknown) => call('tools.callAll', calls) },
    workspace: {
      read: (file: string) => call('workspace.read', file),
      write: async (file: string, content: string) => void (await call('workspace.write', file, content)),
      run: (command: readonly string[], options?: object) => call('workspace.run', command, options ?? {}),
      tree: () => call('workspace.tree'),
    },
    emit: (event: { readonly type: string; readonly data?: Json }) => void session.tell({ type: 'emit', event: plain(event) as never }).catch(() => {}),
  } as unknown as AgentContext;
}

function plain(value: unknown): Json {
  return JSON.parse(JSON.stringify(value ?? null)) as Json;
}

function failureOf(error: unknown): { readonly code: string; readonly message: string } {
  const { code, message } = typeof error === 'object' && error !== null ? (error as { readonly code?: unknown; readonly message?: unknown }) : {};
  return { code: typeof code === 'string' ? code : 'FW_AGENT_FAILED', message: typeof message === 'string' ? message : String(error) };
}
