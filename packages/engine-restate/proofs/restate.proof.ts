import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createRestateEngine } from '@fw/engine-restate';
import { freePorts } from '@fw/engine-restate/server';
import { projectEntries, verifyChain } from '@fw/workflow';
import type { JournalEntry, RunHandle } from '@fw/workflow';
import { sqliteStore } from '@fw/workflow/sqlite';
import { oneState } from '../test/one-state.ts';
import { effectsIn, repeatedSteps, startWorkerProcess } from '../test/worker-process.ts';
import { startThreeNodes } from './three-nodes.ts';

/** Three nodes, 200 runs in flight in two workers, one node killed and left dead: every run ends, and nothing that finished runs again. */
const RUNS = 200;
const STEPS = 12;
const began = performance.now();
const seconds = (): string => `${((performance.now() - began) / 1_000).toFixed(1)} s`;
const folder = mkdtempSync(join(tmpdir(), 'fw-proof-'));
const cluster = await startThreeNodes();
const [asked, , killed] = cluster.nodes;
console.log(`${seconds()}: three nodes, everything kept twice: ${(await Promise.all(cluster.nodes.map(cluster.isAlive))).filter(Boolean).length} of them alive`);
const [port] = await freePorts(1);
const args = { server: asked!, port: port!, service: 'fw', store: join(folder, 'journal.db'), effects: join(folder, 'effects') };
const workers = [await startWorkerProcess(args), await startWorkerProcess(args)];
const store = sqliteStore(args.store);
const engine = createRestateEngine({ store, restate: asked!, worker: false });
const problems: string[] = [];
try {
  const runs = await Promise.all(Array.from({ length: RUNS }, (_, index) => engine.start({ id: `r${index}`, definition: oneState, input: { goal: index % 4 === 0 ? `wait ${STEPS} 300` : `steps ${STEPS} 300` } })));
  // A quarter of them waits for a person over the death of the node.
  while (effectsIn(args.effects).filter(({ what }) => what === 'end').length < RUNS * STEPS * 0.25) await delay(20);
  await killed!.kill();
  const before = effectsIn(args.effects).filter(({ what }) => what === 'end').length;
  console.log(`${seconds()}: a node killed; ${before} of ${RUNS * STEPS} steps had finished, ${RUNS} runs had not`);
  for (const [index, run] of runs.entries()) if (index % 4 === 0) await run.signal('go', 1);
  const outcomes = await Promise.all(runs.map((run) => run.result()));
  console.log(`${seconds()}: ${outcomes.filter(({ status }) => status === 'success').length} of ${RUNS} runs ended with success; the killed node ${(await cluster.isAlive(killed!)) ? 'lives' : 'is still dead'}`);
  problems.push(...outcomes.flatMap(({ status, message }, index) => (status === 'success' ? [] : [`r${index} ended ${status}: ${message}`])));

  const effects = Map.groupBy(effectsIn(args.effects), ({ key }) => key.slice(0, key.indexOf('/')));
  for (const [run, own] of effects) problems.push(...repeatedSteps(own).map((key) => `${run}: ${key} ran again after a later step had begun`));
  const again = [...effects.values()].flat().filter(({ what }) => what === 'begin').length - RUNS * STEPS;
  console.log(`${effects.size} runs took effect; ${again} steps that were in flight were begun again; ${new Set([...effects.values()].flat().map(({ pid }) => pid)).size} workers worked`);

  const projections = new Set<string>();
  for (const run of runs) {
    const entries = await entriesOf(run);
    verifyChain(entries);
    if (!entries.some(({ kind }) => kind === 'signal')) projections.add(JSON.stringify(projectEntries(entries)).replaceAll(`"${run.id}/`, '"'));
  }
  if (projections.size !== 1) problems.push(`${projections.size} different projections of equal runs`);
} finally {
  await engine.close();
  for (const worker of workers) worker.kill('SIGKILL');
  await store.close();
  await cluster.close();
  rmSync(folder, { recursive: true, force: true });
}
console.log(problems.length === 0 ? 'No finished step ran again after a later one had begun; equal runs have equal journals.' : problems.join('\n'));
process.exit(problems.length === 0 ? 0 : 1);

async function entriesOf(run: RunHandle): Promise<readonly JournalEntry[]> {
  const entries: JournalEntry[] = [];
  for await (const entry of run.events()) entries.push(entry as JournalEntry);
  return entries;
}
