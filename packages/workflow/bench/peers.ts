// What ours is compared with: the same seven steps, one after the other, as each of them writes them.
import { createRequire } from 'node:module';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';

const require = createRequire(new URL('./peers/package.json', import.meta.url));
const load = async <Module>(name: string): Promise<Module> => (await import(pathToFileURL(require.resolve(name)).href)) as Module;

/** Does the seven steps once. */
export type Round = () => Promise<unknown>;
export const STEPS = 7;
const steps = Array.from({ length: STEPS }, (_, index) => index);

export async function xstateRound(): Promise<Round> {
  const { createActor, createMachine, fromPromise } = await load<{ createMachine(config: object): object; createActor(machine: object): { subscribe(on: object): void; start(): void }; fromPromise(run: () => Promise<unknown>): object }>('xstate');
  const states: Record<string, object> = { end: { type: 'final' } };
  for (const index of steps) states[`s${index}`] = { invoke: { src: fromPromise(async () => index), onDone: index === STEPS - 1 ? 'end' : `s${index + 1}` } };
  const machine = createMachine({ initial: 's0', states });
  return () => new Promise<void>((complete) => {
    const actor = createActor(machine);
    actor.subscribe({ complete });
    actor.start();
  });
}

interface Graph {
  addNode(name: string, run: (state: { n: number }) => Promise<object>): Graph;
  addEdge(from: string, to: string): Graph;
  compile(options?: object): { invoke(input: object, options?: object): Promise<unknown> };
}

/** With a file: its SQLite saver, `durability: 'sync'`, on Node's own SQLite, since its driver has to be compiled. */
export async function langgraphRound(file?: string): Promise<Round> {
  const { StateGraph, Annotation, START, END } = await load<{ StateGraph: new (state: object) => Graph; Annotation: (() => object) & { Root(state: object): object }; START: string; END: string }>('@langchain/langgraph');
  let graph = new StateGraph(Annotation.Root({ n: Annotation() }));
  for (const index of steps) graph = graph.addNode(`s${index}`, async (state) => ({ n: state.n + 1 }));
  graph = graph.addEdge(START, 's0').addEdge(`s${STEPS - 1}`, END);
  for (const index of steps.slice(1)) graph = graph.addEdge(`s${index - 1}`, `s${index}`);
  if (file === undefined) {
    const compiled = graph.compile();
    return () => compiled.invoke({ n: 0 });
  }
  const { SqliteSaver } = await load<{ SqliteSaver: new (database: object) => object }>('@langchain/langgraph-checkpoint-sqlite');
  const compiled = graph.compile({ checkpointer: new SqliteSaver(betterSqlite(file)) });
  let thread = 0;
  return () => compiled.invoke({ n: 0 }, { configurable: { thread_id: String(++thread) }, durability: 'sync' });
}

/** With a file: its LibSQL store. */
export async function mastraRound(file?: string): Promise<Round> {
  const { createWorkflow, createStep } = await load<{ createWorkflow(options: object): Workflow; createStep(options: object): object }>('@mastra/core/workflows');
  const { z } = await load<{ z: { object(shape: object): object; number(): object } }>('zod');
  const schema = z.object({ n: z.number() });
  let workflow = createWorkflow({ id: 'w', inputSchema: schema, outputSchema: schema });
  for (const index of steps) workflow = workflow.then(createStep({ id: `s${index}`, inputSchema: schema, outputSchema: schema, execute: async ({ inputData }: { inputData: { n: number } }) => ({ n: inputData.n + 1 }) }));
  workflow.commit();
  if (file !== undefined) {
    const { Mastra } = await load<{ Mastra: new (options: object) => { getWorkflow(id: string): Workflow } }>('@mastra/core');
    const { LibSQLStore } = await load<{ LibSQLStore: new (options: object) => object }>('@mastra/libsql');
    workflow = new Mastra({ workflows: { w: workflow }, storage: new LibSQLStore({ id: 's', url: `file:${file}` }), logger: false }).getWorkflow('w');
  }
  return async () => (await workflow.createRun()).start({ inputData: { n: 0 } });
}

interface Workflow {
  then(step: object): Workflow;
  commit(): void;
  createRun(): Promise<{ start(options: object): Promise<unknown> }>;
}

/** Node's SQLite with the members of better-sqlite3 that the saver uses; WAL and FULL, as the saver sets up. */
function betterSqlite(file: string): object {
  const database = new DatabaseSync(file);
  database.exec('pragma journal_mode=wal; pragma synchronous=full');
  return {
    exec: (sql: string) => database.exec(sql),
    pragma: (sql: string) => (sql.startsWith('journal_mode') ? undefined : database.exec(`pragma ${sql}`)),
    prepare: (sql: string) => {
      const statement = database.prepare(sql);
      const plain = (values: unknown[]): never[] => values.map((value) => value ?? null) as never[];
      return { run: (...values: unknown[]) => statement.run(...plain(values)), get: (...values: unknown[]) => statement.get(...plain(values)), all: (...values: unknown[]) => statement.all(...plain(values)), iterate: (...values: unknown[]) => statement.iterate(...plain(values)) };
    },
    transaction: (work: (...values: unknown[]) => unknown) => (...values: unknown[]) => {
      database.exec('begin');
      const value = work(...values);
      database.exec('commit');
      return value;
    },
  };
}
