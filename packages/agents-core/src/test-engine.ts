import { hash } from 'node:crypto';
import type { Json } from '@fw/models';
import { AgentError } from './agent-error.ts';
import type { Agent, AgentContext } from './agent.ts';
import { canonicalJson } from './canonical-json.ts';
import type { Result } from './result.ts';
import { createTestDurable } from './test-durable.ts';
import type { Leaf } from './test-durable.ts';

/** One run of one agent on some engine: driven, killed, and driven on. */
export interface AgentTestRun {
  /**
   * Has the agent work in this run, from the start and with what was journaled so far. `seed` chooses in which order
   * leaves that are open together complete; after `killAfter` new entries the process is gone and there is no outcome.
   */
  drive(agent: Agent, options: { readonly seed: number; readonly killAfter?: number; readonly signal?: AbortSignal }): Promise<AgentOutcome>;
}

export interface AgentOutcome {
  /** What the agent gave; absent when it was killed or rejected. */
  readonly result?: Result;
  readonly error?: unknown;
  /** What is journaled of the run now: keys of its leaves, in the order in which they completed. */
  readonly journal: readonly string[];
}

interface Entry {
  readonly key: string;
  readonly input: string;
  readonly outcome: { readonly value: unknown } | { readonly error: unknown };
}

interface OpenLeaf {
  readonly key: string;
  readonly input: string;
  readonly run: () => unknown;
  settle(outcome: Entry['outcome']): void;
  outcome?: Entry['outcome'];
}

/** Turns of the event loop without a leaf after which an agent is taken to wait for something else. */
const idleTurns = 500;

/**
 * An engine in memory, as strict as a durable one: leaves complete one at a time, in an order that is drawn, and are
 * journaled; after a kill the agent is called again and gets them in that order. An agent that then asks for other
 * leaves, or awaits anything but its context, rejects with `FW_AGENT_CONFORMANCE`. `outside` is the world, which no kill
 * touches: a leaf that ran is not run again.
 */
export function createTestRun(outside: AgentContext): AgentTestRun {
  const journal: Entry[] = [];
  const done = new Map<string, Promise<Entry['outcome']>>();

  return {
    async drive(agent, { seed, killAfter = Infinity, signal = new AbortController().signal }) {
      const open = new Map<string, OpenLeaf>();
      const total = journal.length + killAfter;
      let [at, idle, waits] = [0, 0, 0];
      let ended: Omit<AgentOutcome, 'journal'> | undefined;
      const outcome = (): AgentOutcome => ({ ...ended, journal: journal.map(({ key }) => key) });
      /** By place, so that a run that goes on after a kill draws what it would have drawn. */
      const draw = (below: number): number => Number.parseInt(hash('sha256', `${seed} ${at}`).slice(0, 8), 16) % below;

      const leaf: Leaf = (key, input, run) => {
        signal.throwIfAborted();
        return new Promise((resolve, reject) => {
          open.set(key, { key, input: canonicalJson(input), run, settle: (end) => ('error' in end ? reject(end.error as Error) : resolve(end.value as never)) });
        });
      };
      const settle = (leafNow: OpenLeaf, entry: Entry): void => {
        at++;
        idle = 0;
        open.delete(leafNow.key);
        leafNow.settle(entry.outcome);
      };
      const replay = (entry: Entry): void => {
        const asked = open.get(entry.key);
        if (asked === undefined) return;
        if (asked.input !== entry.input) throw conformance(`asked for "${entry.key}" with other input than before it was killed`);
        settle(asked, entry);
      };
      const goOn = (): void => {
        for (const asked of open.values()) start(asked);
        const ready = [...open.values()].filter((asked) => asked.outcome !== undefined);
        // One that takes long, or waits for another, holds up the draw for a while only.
        if (ready.length < open.size && waits++ < idleTurns) return;
        const chosen = ready[draw(Math.max(1, ready.length))];
        if (chosen?.outcome === undefined) return;
        waits = 0;
        const entry: Entry = { key: chosen.key, input: chosen.input, outcome: chosen.outcome };
        journal.push(entry);
        settle(chosen, entry);
      };
      const start = (asked: OpenLeaf): void => {
        if (!done.has(asked.key)) done.set(asked.key, Promise.resolve().then(asked.run).then((value) => ({ value }), (error: unknown) => ({ error })));
        void done.get(asked.key)!.then((end) => (asked.outcome = end));
      };

      agent.process(contextOf(outside, signal, leaf)).then((result) => (ended = { result }), (error: unknown) => (ended = { error }));
      for (;;) {
        await new Promise((resolve) => setImmediate(resolve));
        if (ended !== undefined) break;
        if (signal.aborted) for (const asked of open.values()) settle(asked, { key: '', input: '', outcome: { error: signal.reason } });
        if (at >= total) return outcome();
        const next = journal[at];
        if (signal.aborted || open.size === 0 || (next !== undefined && !open.has(next.key))) idle++;
        if (idle > idleTurns) {
          ended = { error: conformance(next === undefined ? 'awaits something that is not its context' : `did not ask for "${next.key}" again, as it did before it was killed`) };
          break;
        }
        try {
          if (next !== undefined) replay(next);
          else if (!signal.aborted) goOn();
        } catch (error) {
          ended = { error };
          break;
        }
      }
      if (at < journal.length && !signal.aborted && ended.result !== undefined) ended = { error: conformance(`ended without "${journal[at]?.key ?? ''}", which it asked for before it was killed`) };
      return outcome();
    },
  };
}

/** The context of one process: its own counters, and every leaf through the engine. */
function contextOf(outside: AgentContext, signal: AbortSignal, leaf: Leaf): AgentContext {
  const { task, state, visit, artifacts, requests, model, tools, workspace } = outside;
  return createTestDurable<AgentContext>({ path: outside.path, signal, signals: {}, leaf }, (_context, keyOf) => ({
    task, state, visit, artifacts, requests,
    ...(outside.outputs === undefined ? {} : { outputs: outside.outputs }),
    model: { ...model, generate: async (request) => leaf(keyOf('model'), request as unknown as Json, () => model.generate(request)) },
    tools: {
      list: tools.list,
      call: async (call) => leaf(keyOf(`tool.${call.name}`), call as unknown as Json, () => tools.call(call)),
      callAll: async (calls) => leaf(keyOf('tools'), calls as unknown as Json, () => tools.callAll(calls)),
    },
    workspace: {
      read: async (file) => leaf(keyOf('workspace.read'), file, () => workspace.read(file)),
      write: async (file, content) => leaf(keyOf('workspace.write'), [file, content], () => workspace.write(file, content)),
      run: async (command, options) => leaf(keyOf('workspace.run'), [...command], () => workspace.run(command, options)),
      tree: async () => leaf(keyOf('workspace.tree'), null, () => workspace.tree()),
    },
    waitFor: async (name, options) => leaf(keyOf(`wait.${name}`), options?.question, () => outside.waitFor(name, options)) as never,
    child: async (name, definition, input) => leaf(keyOf(`child.${name}`), [definition, input], () => outside.child(name, definition, input)) as never,
    emit: (event) => outside.emit(event),
  }));
}

function conformance(why: string): AgentError {
  return new AgentError('FW_AGENT_CONFORMANCE', { message: `The agent ${why}. Outside a step an agent may await and read nothing but its context.` });
}
