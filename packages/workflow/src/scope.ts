import type { DurableContext, Effect, Json, StepContext, StepOptions } from '@fw/agents-core';
import { linkAbort } from './abort-link.ts';
import type { AbortLink } from './abort-link.ts';
import { compileSchema } from './answer-schema.ts';
import { canonicalOf, digestOf, sha256 } from './canonical.ts';
import type { Origin } from './journal-entry.ts';
import type { LeafOutput, Machine, Pause } from './machine.ts';
import { plainJson } from './plain-json.ts';
import { assertOutsideLeaf, isThenable } from './run-leaf.ts';
import { WorkflowError } from './workflow-error.ts';

/** A place in the program: its path, its counters and what aborts it. */
export interface Scope {
  readonly machine: Machine;
  readonly run: string;
  readonly path: string;
  readonly order: readonly number[];
  readonly abort: AbortSignal;
  readonly counters: Counters;
}

interface Counters {
  next: number;
  draws: number;
  readonly visits: Map<string, number>;
}

/** Journals one call as one step of any origin. For hosts only: agents get `step`, whose origin is `agent`. */
export interface LeafPort {
  leaf(name: string, run: (step: StepContext) => LeafOutput | Promise<LeafOutput>, options: LeafOptions): Promise<LeafResult>;
}

/** What was journaled, and where. */
export interface LeafResult extends LeafOutput {
  readonly key: string;
  readonly at: number;
}

export interface LeafOptions {
  readonly origin: Origin;
  readonly input?: Json;
  readonly effect?: Effect;
  readonly timeoutMs?: number;
  readonly pauses?: (error: unknown) => Pause | undefined;
  /** What the journal keeps of an error beside code and message, such as what a failed call cost. It is the output of the failed entry. */
  readonly keeps?: (error: unknown) => Json | undefined;
}

/** What an answer is about, for the engine's own questions: a fork does not take over one whose subject changed. */
export const boundTo: unique symbol = Symbol('bound to');

interface WaitOptions {
  readonly timeoutMs?: number;
  readonly question?: Json;
  readonly schema?: Json;
  readonly [boundTo]?: Json;
}

/** Adds what a host gives beyond the durable operations; called for every scope. */
export type Extend<Extra extends object> = (durable: DurableContext, port: LeafPort, scope: Scope) => Extra;

/** Where the program of a run begins; not at the top when the run was migrated. */
export const rootScope = (machine: Machine, run: string, abort: AbortSignal, at: { readonly path: string; readonly order: readonly number[] } = { path: '', order: [] }): Scope =>
  ({ machine, run, ...at, abort, counters: newCounters() });

/** A child scope of that name; the name's counter makes it unique. */
export function childScope(scope: Scope, name: string): Scope {
  const path = join(scope.path, `${name}#${count(scope, name)}`);
  return { ...scope, path, order: scope.order.concat(scope.counters.next++), counters: newCounters() };
}

/** The durable operations of a scope, with what `extend` adds. */
export function durableContext<Extra extends object>(scope: Scope, extend: Extend<Extra>): DurableContext & Extra {
  const { machine } = scope;
  const draw = (): string => {
    assertOutsideLeaf('A random value');
    return sha256(`${machine.seed}|${scope.path}|${scope.counters.draws++}`).slice(0, 12);
  };

  const port = new ScopePort(scope);
  const durable = {
    path: scope.path,
    signal: scope.abort,
    async step(name: string, run: (step: StepContext) => Json | Promise<Json>, options: StepOptions = {}) {
      const { input, effect, timeoutMs } = options;
      const settled = await port.leaf(name, (step) => {
        const value = run(step);
        return isThenable(value) ? Promise.resolve(value).then((output) => ({ output })) : { output: value };
      }, {
        origin: 'agent', ...(input !== undefined && { input }), ...(effect && { effect }), ...(timeoutMs !== undefined && { timeoutMs }),
      });
      return settled.output;
    },
    async scope<T>(name: string, run: (context: DurableContext & Extra) => Promise<T>): Promise<T> {
      assertName(name);
      return run(durableContext(childScope(scope, name), extend));
    },
    async all<T>(name: string, branches: readonly ((context: DurableContext & Extra) => Promise<T>)[], options: { readonly concurrency?: number } = {}) {
      const { concurrency = Infinity } = options;
      if (!(concurrency >= 1)) throw new WorkflowError('FW_WORKFLOW_ILLEGAL', { message: `all("${name}") cannot run ${concurrency} branches at once: the least is 1.` });
      return runAll(branchScopes(scope, name, branches.length), branches, concurrency, extend);
    },
    async race<T>(name: string, branches: readonly ((context: DurableContext & Extra) => Promise<T>)[]) {
      if (branches.length === 0) throw new WorkflowError('FW_WORKFLOW_ILLEGAL', { message: `race("${name}") has no branch: it would never end.` });
      return runRace(branchScopes(scope, name, branches.length), branches, extend);
    },
    async waitFor(signal: string, options: WaitOptions = {}) {
      assertName(signal);
      if (signal.startsWith('!')) throw new WorkflowError('FW_WORKFLOW_ILLEGAL', { message: `"${signal}" cannot name a signal: names that begin with "!" are the engine's own.` });
      if (options.timeoutMs !== undefined) assertDuration(`The limit of "${signal}"`, options.timeoutMs);
      if (options.schema !== undefined) compileSchema(options.schema, signal);
      const { machine: { signals } } = scope;
      const ordinal = (signals.get(signal) ?? 0) + 1;
      signals.set(signal, ordinal);
      const outcome = await machine.issue({
        ...place(scope, `wait:${signal}`), kind: 'signal', origin: 'engine', input: options[boundTo] === undefined ? '' : digestOf(options[boundTo]), effect: 'pure', abort: scope.abort,
        signal: { name: signal, ordinal, ...(options.question !== undefined && { question: options.question }), ...(options.schema !== undefined && { schema: options.schema }) },
        ...(options.timeoutMs !== undefined && { durationMs: options.timeoutMs }),
      });
      return outcome.output;
    },
    async sleep(durationMs: number) {
      assertOutsideLeaf('sleep');
      assertDuration('sleep', durationMs);
      await machine.issue({ ...place(scope, 'sleep'), kind: 'timer', origin: 'engine', input: '', effect: 'pure', abort: scope.abort, durationMs });
    },
    async child(name: string, definition: string, input: Json) {
      assertName(name);
      if (typeof definition !== 'string') throw new WorkflowError('FW_WORKFLOW_ILLEGAL', { message: `The child "${name}" is asked for with a definition that is not the name of one.` });
      const digest = sha256(textOfInput(name, [definition, input]));
      const at = place(scope, name);
      const outcome = await machine.issue({
        ...at, kind: 'child', origin: 'engine', input: digest, effect: 'pure', abort: scope.abort, child: { id: at.key, definition, input: plainJson(input)! },
      });
      return outcome.output ?? null;
    },
    now: () => machine.now,
    random: () => Number.parseInt(draw(), 16) / 2 ** 48,
    id: () => draw(),
  } as unknown as DurableContext;
  return Object.assign(durable, extend(durable, port, scope));
}

/** Journals the leaves of one scope. */
export class ScopePort implements LeafPort {
  readonly #scope: Scope;

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  leaf(name: string, run: (step: StepContext) => LeafOutput | Promise<LeafOutput>, { origin, input, effect = 'pure', timeoutMs, pauses, keeps }: LeafOptions): Promise<LeafResult> {
    try {
      assertName(name);
      if (timeoutMs !== undefined) assertDuration(`The limit of "${name}"`, timeoutMs);
      const text = input === undefined ? '' : textOfInput(name, input);
      const digest = text === '' ? '' : sha256(text);
      const { machine, abort } = this.#scope;
      const at = place(this.#scope, name);
      if (text !== '') machine.onInput?.(at.key, text);
      return machine.issue({
        ...at, kind: 'step', origin, abort, run, input: digest, effect,
        ...(timeoutMs !== undefined && { timeoutMs }), ...(pauses && { pauses }), ...(keeps && { keeps }),
      }) as Promise<LeafResult>;
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }
}

interface Branches {
  readonly scopes: readonly Scope[];
  readonly links: readonly AbortLink[];
}

function branchScopes(scope: Scope, name: string, size: number): Branches {
  assertName(name);
  const group = childScope(scope, name);
  const links = Array.from({ length: size }, () => linkAbort(scope.abort));
  const scopes = links.map(({ signal }, index) => ({ ...group, path: `${group.path}/${index}`, order: group.order.concat(index), counters: newCounters(), abort: signal }));
  return { scopes, links };
}

type Branch<T, Extra extends object> = (context: DurableContext & Extra) => Promise<T>;

async function runAll<T, Extra extends object>({ scopes, links }: Branches, branches: readonly Branch<T, Extra>[], concurrency: number, extend: Extend<Extra>): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  let failure: { readonly error: unknown } | undefined;
  const work = async (): Promise<void> => {
    while (next < branches.length && !failure) {
      const index = next++;
      try {
        results[index] = await branches[index]!(durableContext(scopes[index]!, extend));
      } catch (error) {
        if (failure) continue;
        failure = { error };
        const reason = new WorkflowError('FW_WORKFLOW_ABORTED', { message: 'Another branch failed.' });
        for (const link of links) link.abort(reason);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(Math.floor(concurrency), branches.length) }, work));
  for (const link of links) link.unlink();
  if (failure) throw failure.error;
  return results;
}

async function runRace<T, Extra extends object>({ scopes, links }: Branches, branches: readonly Branch<T, Extra>[], extend: Extend<Extra>): Promise<T> {
  let first: { readonly value: T } | { readonly error: unknown } | undefined;
  const win = (index: number, end: { readonly value: T } | { readonly error: unknown }): void => {
    if (first) return;
    first = end;
    const reason = new WorkflowError('FW_WORKFLOW_ABORTED', { message: 'Another branch was first.' });
    for (const [other, link] of links.entries()) if (other !== index) link.abort(reason);
  };
  await Promise.all(branches.map(async (branch, index) => {
    try {
      win(index, { value: await branch(durableContext(scopes[index]!, extend)) });
    } catch (error) {
      win(index, { error });
    }
  }));
  for (const link of links) link.unlink();
  if ('error' in first!) throw first.error;
  return first!.value;
}

function count(scope: Scope, name: string): number {
  const visit = (scope.counters.visits.get(name) ?? 0) + 1;
  scope.counters.visits.set(name, visit);
  return visit;
}

/** A store keeps text as UTF-8: halves of characters would come back as something else. */
const NO_NAME = /[/#\p{Cc}\p{Cs}]/u;

/** The name of something durable: well formed, and not asked for where it cannot be. */
function assertName(name: string): void {
  assertOutsideLeaf(name);
  if (goodNames.has(name)) return;
  if (typeof name !== 'string' || name === '' || name.length > 200 || NO_NAME.test(name)) {
    throw new WorkflowError('FW_WORKFLOW_ILLEGAL', { message: `${JSON.stringify(name)?.slice(0, 100)} cannot name a step, scope or signal: use 1 to 200 characters without "/", "#" and control characters.` });
  }
  if (goodNames.size >= MAX_GOOD_NAMES) goodNames.clear();
  goodNames.add(name);
}

/** Most names are asked for again and again. */
const goodNames = new Set<string>();
const MAX_GOOD_NAMES = 1_000;

function assertDuration(what: string, durationMs: number): void {
  if (!Number.isFinite(durationMs) || durationMs < 0) throw new WorkflowError('FW_WORKFLOW_ILLEGAL', { message: `${what} is ${durationMs}, which is not a duration in milliseconds.` });
}

function textOfInput(name: string, input: Json): string {
  const text = canonicalOf(input);
  if (text === undefined) throw new WorkflowError('FW_WORKFLOW_ILLEGAL', { message: `The input of "${name}" is not JSON. Pass plain data.` });
  return text;
}

/** The next place of that name. */
const place = (scope: Scope, name: string): { readonly key: string; readonly order: readonly number[] } => ({
  key: `${scope.run}/${join(scope.path, `${name}#${count(scope, name)}`)}`,
  // A list of just its size: `[...]` with one more leaves room for sixteen, in every command and scope.
  order: scope.order.concat(scope.counters.next++),
});
const newCounters = (): Counters => ({ next: 0, draws: 0, visits: new Map() });
const join = (path: string, name: string): string => (path === '' ? name : `${path}/${name}`);
