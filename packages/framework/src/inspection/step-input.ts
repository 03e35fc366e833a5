import { digestOf, WorkflowError } from '@fw/workflow';
import type { Json, WorkflowEngine } from '@fw/workflow';
import { FrameworkError } from '../framework-error.ts';
import type { ReadRun } from './read-run.ts';

/** What a step was asked with. The journal has the digest of it alone: a replay asks again, and what has that digest is it. */
export async function readStepInput(id: string, seq: number, { book, store }: ReadRun, engine: Pick<WorkflowEngine, 'replay'>): Promise<Json> {
  await book.require(id);
  const entries = await store.read(id);
  const entry = entries.find((one) => one.seq === seq);
  if (entry === undefined) throw new FrameworkError('FW_PLACE_UNKNOWN', { message: `Run "${id}" has no entry ${String(seq)}; its last one is ${String(entries.length)}.` });
  if (entry.input === undefined || (entry.kind !== 'step' && entry.kind !== 'failed' && entry.kind !== 'begin')) return null;
  let asked: string | undefined;
  const onInput = (key: string, input: string): void => { if (key === entry.key) asked = input; };
  const failure: unknown = await engine.replay(id, { onInput }).then(() => undefined, (error: unknown) => error);
  const input = asked === undefined ? undefined : JSON.parse(asked) as Json;
  // What is another one further on says nothing of this step.
  if (input !== undefined && digestOf(input) === entry.input) return input;
  const { code, message } = (failure ?? {}) as Partial<WorkflowError>;
  if (code === 'FW_WORKFLOW_DIVERGED') throw new WorkflowError(code, { message: `What entry ${String(seq)} of run "${id}" was asked with cannot be made again: agents, prompts, tools or plugins are others than when it was asked. ${message ?? ''}`, cause: failure });
  throw failure ?? new FrameworkError('FW_PLACE_UNKNOWN', { message: `The replay of run "${id}" never asked for entry ${String(seq)} ("${entry.key}").` });
}
