import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { runLoop } from '@fw/agents-core';
import type { Agent, LoopOptions, Tool } from '@fw/agents-core';
import type { Json, ModelProvider } from '@fw/models';
import { createModelRegistry } from '@fw/models';
import { createLocalEngine, defineWorkflow } from '@fw/workflow';
import type { JournalStore, WorkflowEngine } from '@fw/workflow';
import { createWorkspaceSession, hostTools, hostWorkspace } from '@fw/workflow/hosting';
import { createWorkspace } from '@fw/workspace';
import type { TaskWorkspace } from '@fw/agents-core';
import { hostModel } from '../src/hosted-model.ts';

export interface LoopOnEngine {
  readonly folder: string;
  readonly store: JournalStore;
  readonly provider: ModelProvider;
  readonly tools: readonly Tool[];
  readonly loop: LoopOptions;
}

const definition = defineWorkflow({ specVersion: 1, name: 'loop', version: '1', initial: 'work', states: { work: { capabilities: ['loop'], on: { done: { to: 'end', event: 'done' } } }, end: { final: 'success' } } });
export const run = { id: 'r1', definition, input: { specVersion: 1, id: 't', goal: 'Go round, ohne Fehler.', acceptance: [{ id: 'c1', text: 'it goes round' }], constraints: ['no dependency'] } as Json };

/** One loop as the framework hosts it: its model by the registry, every call a step of a journal that outlives the engine. */
export async function startEngine({ folder, store, provider, tools, loop }: LoopOnEngine): Promise<WorkflowEngine> {
  const workspace = await openFiles(folder);
  const session = createWorkspaceSession(workspace);
  const registry = createModelRegistry({ providers: [provider], models: { default: { use: `${provider.name}/any` } } });
  const agent: Agent = {
    specVersion: 1, name: 'looper', version: '1', capabilities: ['loop'],
    async process(context) {
      const result = await runLoop(context, loop);
      return result.status === 'submitted' ? { status: 'done', artifacts: [] } : { status: 'failed', artifacts: [], code: result.code, message: result.message };
    },
  };
  const engine = createLocalEngine({
    store, agents: [agent], pickUp: 'own',
    host: () => ({
      context: ({ name, state }) => (durable, port) => ({
        model: hostModel(port, registry, { alias: 'default', id: 'any', scope: { run: 'r1', agent: name, state }, use: { tokens: 0, costNanoUsd: 0 } }),
        tools: hostTools(durable, port, tools, session),
        workspace: hostWorkspace(port, session),
        emit: () => {},
      }),
      facts: () => ({ evidence: [], tree: session.tree, vector: [], guards: {} }),
    }),
  });
  return { ...engine, async close() {
    await engine.close();
    await workspace.close();
  } };
}

async function openFiles(folder: string): Promise<TaskWorkspace> {
  const directory = path.join(folder, 'project');
  await mkdir(directory, { recursive: true });
  await writeFile(path.join(directory, 'a.txt'), 'a\n');
  return createWorkspace({ directory, storage: path.join(folder, 'storage'), sandbox: 'off' });
}
