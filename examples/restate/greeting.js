// A run on a real Restate waits for a person; the worker that began it is gone when the answer comes.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRestateEngine } from '@fw/engine-restate';
import { freePorts, startRestateServer } from '@fw/engine-restate/server';
import { defineWorkflow } from '@fw/workflow';
import { sqliteStore } from '@fw/workflow/sqlite';

const definition = defineWorkflow({
  specVersion: 1, name: 'greet', version: '1', initial: 'work',
  states: { work: { capabilities: ['greet'], on: { done: { to: 'end', event: 'greeted' } } }, end: { final: 'success' } },
});
const greeter = {
  specVersion: 1, name: 'greeter', version: '1.0.0', capabilities: ['greet'],
  async process(context) {
    const greeting = await context.step('greet', () => `Hello ${context.task.goal}`);
    const answer = await context.waitFor('approve', { question: greeting });
    await context.step('note', () => console.log(greeting, answer));
    return { status: 'done', artifacts: [] };
  },
};

const server = await startRestateServer(); // for this example; yours runs already: docs/restate.md
const folder = await mkdtemp(join(tmpdir(), 'greeting-'));
const store = sqliteStore(join(folder, 'journal.db'));
const [port] = await freePorts(1);
const worker = () => createRestateEngine({ store, restate: server, agents: [greeter], worker: { port } });

const first = worker();
const run = await first.start({ id: 'greeting-1', definition, input: { goal: 'Ada' } });
console.log((await run.settled()).status); // waiting
await first.close();

const second = worker();
await second.ready();
const asked = createRestateEngine({ store, restate: server }); // no agents: it begins, watches and answers
await (await asked.watch('greeting-1')).signal('approve', { ok: true });
console.log((await (await asked.watch('greeting-1')).result()).status); // success

for (const engine of [asked, second]) await engine.close();
await store.close();
await server.close();
await rm(folder, { recursive: true });
