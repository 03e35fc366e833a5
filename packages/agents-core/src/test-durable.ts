import { hash } from 'node:crypto';
import type { Json } from '@fw/models';
import { AgentError } from './agent-error.ts';
import type { DurableContext } from './durable-context.ts';

/** A place in the program: keys and draws count per scope, so they do not depend on timing. */
interface Scope {
  readonly path: string;
  readonly visits: Map<string, number>;
  draws: number;
}

export interface DurableOptions {
  readonly path: string;
  readonly signal: AbortSignal;
  /** Answers to `waitFor`, by the signal's name. */
  readonly signals: { readonly [name: string]: Json };
  /** Through which every leaf goes, by its key; default it runs at once. */
  readonly leaf?: Leaf;
}

/** Runs a leaf, or answers for it. */
export type Leaf = <T>(key: string, input: Json | undefined, run: () => T | Promise<T>) => Promise<T>;

const atOnce: Leaf = async (_key, _input, run) => run();

/** The durable operations without an engine: steps run at once, in memory, and time moves only in `sleep`. */
export function createTestDurable<Context extends DurableContext>(options: DurableOptions, extend: (context: Context, keyOf: (name: string) => string) => Omit<Context, keyof DurableContext> & Partial<DurableContext>): Context {
  const { signal, leaf = atOnce } = options;
  const clock = { at: 0 };

  function open(path: string): Context {
    const scope: Scope = { path, visits: new Map(), draws: 0 };
    const durable: DurableContext = {
      path,
      signal,
      async step(name, run, { input } = {}) {
        signal.throwIfAborted();
        const key = keyOf(scope, name);
        return leaf(key, input, () => run({ key, attempt: 1, signal, progress: () => {} }));
      },
      async scope(name, run) {
        return run(open(keyOf(scope, name)) as never);
      },
      async all(name, branches, { concurrency = branches.length } = {}) {
        const group = keyOf(scope, name);
        const results: Awaited<ReturnType<(typeof branches)[number]>>[] = [];
        const left = [...branches.entries()];
        const work = async (): Promise<void> => {
          for (let item = left.shift(); item !== undefined; item = left.shift()) {
            const [index, branch] = item;
            results[index] = await branch(open(`${group}/${index}`) as never);
          }
        };
        await Promise.all(Array.from({ length: Math.max(1, Math.min(concurrency, branches.length)) }, work));
        return results;
      },
      async race(name, branches) {
        const group = keyOf(scope, name);
        return Promise.race(branches.map((branch, index) => branch(open(`${group}/${index}`) as never)));
      },
      async waitFor(name) {
        signal.throwIfAborted();
        return options.signals[name] as never;
      },
      async sleep(durationMs) {
        signal.throwIfAborted();
        await leaf(keyOf(scope, 'sleep'), durationMs, () => null);
        clock.at += durationMs;
      },
      async child(name) {
        throw new AgentError('FW_AGENT_CONFORMANCE', { message: `The agent asked for the child run "${name}". A test context has no engine: run this agent on one.` });
      },
      now: () => clock.at,
      random: () => draw(scope) / 2 ** 48,
      id: () => draw(scope).toString(36),
    };
    const context = durable as Context;
    return Object.assign(context, extend(context, (name) => keyOf(scope, name)));
  }
  return open(options.path);
}

function keyOf(scope: Scope, name: string): string {
  const visit = (scope.visits.get(name) ?? 0) + 1;
  scope.visits.set(name, visit);
  return `${scope.path}/${name}#${visit}`;
}

function draw(scope: Scope): number {
  return Number.parseInt(hash('sha256', `${scope.path}|${scope.draws++}`).slice(0, 12), 16);
}
