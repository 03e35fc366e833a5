import type { Json } from '@fw/models';
import type { Agent } from '../agent.ts';
import type { Result } from '../result.ts';
import type { Effect } from '../step.ts';

/** An agent in another process, as it says that it is. */
export interface WireDescription {
  readonly specVersion: 1;
  readonly name: string;
  readonly version?: string;
  readonly fingerprint?: string;
  readonly capabilities: Agent['capabilities'];
}

/** What an agent asks its context for. `scope` is the context it asks, 0 the one that it was given. */
export type WireCommand =
  | { readonly type: 'step'; readonly id: number; readonly scope: number; readonly name: string; readonly input?: Json; readonly effect?: Effect; readonly timeoutMs?: number }
  | { readonly type: 'call'; readonly id: number; readonly scope: number; readonly member: WireMember; readonly input: readonly Json[] }
  | { readonly type: 'open'; readonly id: number; readonly scope: number; readonly name: string; /** None for a scope, else how many branches. */ readonly branches?: number }
  | { readonly type: 'close'; readonly scope: number };

/** Members of the context that are called across, with JSON. */
export type WireMember =
  | 'model.generate' | 'tools.call' | 'tools.callAll' | 'workspace.read' | 'workspace.write' | 'workspace.run' | 'workspace.tree' | 'waitFor' | 'sleep' | 'child';

/** How the agent's side stands after it has done all that it can do now. */
export interface WireTurn {
  readonly commands: readonly WireCommand[];
  readonly result?: Result;
  readonly failed?: WireFailure;
}

export interface WireFailure {
  readonly code: string;
  readonly message: string;
}

/** What changes as a run goes on, told with every message. */
export interface WireNow {
  /** Epoch milliseconds, as `context.now()`. */
  readonly at: number;
  readonly used?: { readonly tokens: number; readonly costNanoUsd: number };
}

/** A scope that was opened: its path, and what its draws are made of. */
export interface WireScope {
  readonly scope: number;
  readonly path: string;
  readonly seed: string;
}

/** To the agent. One activation at a time: each `start` and `settle` is answered by one turn. */
export type HostMessage =
  | { readonly type: 'start'; readonly session: number; readonly now: WireNow; readonly scope: WireScope; readonly data: { readonly [member: string]: Json } }
  /** What one command came to; `scopes` for one that opened some. */
  | { readonly type: 'settle'; readonly session: number; readonly id: number; readonly now: WireNow; readonly output?: Json; readonly scopes?: readonly WireScope[]; readonly error?: WireFailure }
  /** Runs the function of a step; answered with what it gives. */
  | { readonly type: 'perform'; readonly session: number; readonly id: number; readonly key: string; readonly attempt: number }
  | { readonly type: 'abort'; readonly session: number; readonly code: string; readonly message: string };

/** From the agent, while a message is being answered. Each is acknowledged before the next, which is its credit. */
export type AgentMessage = { readonly type: 'delta'; readonly delta: Json } | { readonly type: 'emit'; readonly event: { readonly type: string; readonly data?: Json } } | { readonly type: 'log'; readonly message: string; readonly data?: Json };
