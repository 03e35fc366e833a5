import { callHash, defineTool, runLoop } from '@fw/agents-core';
import type { Agent } from '@fw/agents-core';
import { createModelRegistry } from '@fw/models';
import { scripted } from '@fw/models/scripted';
import { createLocalEngine, defineWorkflow, memoryStore } from '@fw/workflow';
import type { RunHost } from '@fw/workflow';
import { createWorkspaceSession, hostModel, hostTools, hostWorkspace } from '@fw/workflow/hosting';
import { expect, it } from 'vitest';
import { z } from 'zod';

const definition = defineWorkflow({ specVersion: 1, name: 'deploy', version: '1', initial: 'work', states: { work: { capabilities: ['work'], on: { done: { to: 'success', event: 'done' } } }, success: { final: 'success' } } });
const noFiles = { specVersion: 1, root: '', base: 'tree', sandbox: 'none: no files', restore: async () => {}, snapshot: async () => 'tree' };

it('a run waits until exactly the call that will run is approved, and takes no approval of another', async () => {
  const ran: string[] = [];
  const deploy = defineTool({ name: 'deploy', description: '', effect: 'once', input: z.strictObject({ to: z.string() }), run: async ({ to }) => (ran.push(to), { ok: true, text: to }) });
  const agent: Agent = {
    specVersion: 1, name: 'deployer', capabilities: ['work'],
    async process(context) {
      const result = await runLoop(context, { system: '', prompt: 'Deploy.', tools: ['deploy'], approval: { tools: ['deploy'] }, terminal: [{ name: 'finish', description: '', input: z.object({}) }] });
      return result.status === 'submitted' ? { status: 'done', artifacts: [] } : { status: 'failed', artifacts: [], code: result.code, message: result.message };
    },
  };
  const provider = scripted({ script: { version: 1, replies: [{ when: { turn: 0 }, then: { toolCalls: [{ name: 'deploy', arguments: { to: 'production' } }] } }, { when: { turn: 1 }, then: { toolCalls: [{ name: 'finish', arguments: {} }] } }] } });
  const registry = createModelRegistry({ providers: [provider], models: {} });
  const session = createWorkspaceSession(noFiles as never);
  const host: RunHost = {
    context: () => (durable, port) => ({
      model: hostModel(port, { generate: (request, step) => registry.get(`${provider.name}/model`).generate(request, { signal: step.signal, key: step.key }) }),
      tools: hostTools(durable, port, [deploy], session), workspace: hostWorkspace(port, session), emit: () => {},
    }),
    facts: () => ({ evidence: [], tree: session.tree, vector: [], guards: {} }),
  };
  const engine = createLocalEngine({ store: memoryStore(), agents: [agent], host: () => host, pickUp: 'own' });
  try {
    const handle = await engine.start({ id: 'run', definition, input: { specVersion: 1, id: 't', goal: 'Deploy.' } });
    const waiting = await handle.settled();
    const sha256 = callHash({ name: 'deploy', arguments: { to: 'production' } });
    expect(waiting).toMatchObject({ status: 'waiting', questions: [{ name: 'approve-tool', question: { tool: 'deploy', arguments: { to: 'production' }, sha256 } }] });
    await expect(handle.signal('approve-tool', { approved: true, sha256: callHash({ name: 'deploy', arguments: { to: 'staging' } }) })).rejects.toMatchObject({ code: 'FW_SIGNAL_INVALID' });
    expect(ran).toEqual([]);
    await handle.signal('approve-tool', { approved: true, sha256 });
    expect((await handle.settled()).status).toBe('success');
    expect(ran).toEqual(['production']);
  } finally {
    await engine.close();
  }
});
