import { describe, expect, test } from 'vitest';
import type { Agent } from '@fw/agents-core';
import { defineWorkflow, memoryStore } from '@fw/workflow';
import type { Facts, RunOutcome } from '@fw/workflow';
import { openEngine } from './programs.ts';

/** Work and a check that sends it back: what most loops of agents are. */
const loop = defineWorkflow({
  specVersion: 1, name: 'loop', version: '1', initial: 'edit',
  states: { edit: { capabilities: ['edit'], on: { done: { to: 'check', event: 'edited' } } }, check: { capabilities: ['check'], on: { done: { to: 'end', event: 'good' }, revise: { to: 'edit', event: 'bad' } } }, end: { final: 'success' } },
});

interface Round {
  readonly tree: string;
  readonly failing: readonly string[];
  readonly vector?: readonly number[];
}

/** Drives the loop by what each round measures; empty `failing` lets it pass. */
async function drive(round: (count: number) => Round): Promise<{ readonly rounds: number; readonly outcome: RunOutcome }> {
  let rounds = 0;
  let measured: Round = { tree: '', failing: [] };
  const agents: readonly Agent[] = [
    { specVersion: 1, name: 'editor', capabilities: ['edit'], process: async (context) => { measured = await context.step('edit', () => ++rounds).then(round); return { status: 'done', artifacts: [] }; } },
    { specVersion: 1, name: 'checker', capabilities: ['check'], process: async () => (measured.failing.length === 0 ? { status: 'done', artifacts: [] } : { status: 'revise', artifacts: [], requests: measured.failing.map((what, index) => ({ id: String(index), what, evidence: [] })) }) },
  ];
  const facts = (): Facts => ({ evidence: [], guards: {}, tree: measured.tree, ...(measured.vector && { vector: measured.vector }) });
  const engine = openEngine({ store: memoryStore(), agents, host: () => ({ context: () => () => ({}) as never, facts }) });
  const outcome = await (await engine.start({ id: 'r', definition: loop, input: { goal: 'x' } })).result();
  return { rounds, outcome };
}

describe('published incidents end within the bound', () => {
  test('6,239 iterations that change nothing: two', async () => {
    const { rounds, outcome } = await drive((count) => (count > 6_239 ? { tree: 't', failing: [] } : { tree: 't', failing: ['the build fails'] }));
    expect(rounds).toBe(2);
    expect(outcome).toMatchObject({ status: 'failed', code: 'FW_WORKFLOW_CYCLE', message: expect.stringMatching(/from "check" back to "edit".*the build fails/) as string });
  });

  test('an edit and its undoing, again and again: three', async () => {
    const { rounds, outcome } = await drive((count) => ({ tree: count % 2 ? 'A' : 'B', failing: [count % 2 ? 'a is missing' : 'b is missing'] }));
    expect(rounds).toBe(3);
    expect(outcome).toMatchObject({ code: 'FW_WORKFLOW_CYCLE' });
  });

  test('a longer circle of edits, A B C D E A: six, or when the slack is spent', async () => {
    const { rounds, outcome } = await drive((count) => ({ tree: 'ABCDE'[count % 5]!, failing: ['x'] }));
    expect(rounds).toBeLessThanOrEqual(6);
    expect(outcome.code).toMatch(/FW_WORKFLOW_(CYCLE|STUCK)/);
  });

  test('the same failing command after edits that do not help: when the slack is spent', async () => {
    const { rounds, outcome } = await drive((count) => ({ tree: `t${count}`, failing: ['npm test fails'], vector: [-1, 5] }));
    expect(rounds).toBe(5);
    expect(outcome).toMatchObject({ code: 'FW_WORKFLOW_STUCK', message: expect.stringContaining('npm test fails') as string });
  });

  test('a message that is another one each time does not hide it', async () => {
    expect((await drive((count) => ({ tree: 't', failing: [`failed after ${count} ms`] }))).rounds).toBe(5);
  });

  test('a failure that is the same in its first line is seen at once', async () => {
    const { rounds, outcome } = await drive((count) => ({ tree: 't', failing: [`adds two numbers failed\nin /tmp/copy-${count} after ${count} ms`] }));
    expect([rounds, outcome]).toMatchObject([2, { code: 'FW_WORKFLOW_CYCLE' }]);
  });

  test('trading one failure for another is no progress', async () => {
    expect((await drive((count) => ({ tree: `t${count}`, failing: [`check ${count % 7} fails`] }))).rounds).toBe(5);
  });
});

describe('healthy long runs go on', () => {
  test('600 rounds, each with one failing check less', async () => {
    const { rounds, outcome } = await drive((count) => ({ tree: `t${count}`, failing: Array.from({ length: 600 - count }, (_, index) => `check ${index}`) }));
    expect(outcome).toMatchObject({ status: 'success' });
    expect(rounds).toBe(600);
  });

  test('500 rounds in which every third brings something, and the others do not', async () => {
    const { rounds, outcome } = await drive((count) => ({ tree: `t${count}`, failing: count === 500 ? [] : ['the suite fails'], vector: [Math.floor(count / 3)] }));
    expect(outcome).toMatchObject({ status: 'success' });
    expect(rounds).toBe(500);
  });
});
