import type { JournalStore, Json, WorkflowDefinition } from '@fw/workflow';
import { WorkflowError } from '@fw/workflow';
import { fingerprintOf } from '@fw/workflow/engine-kit';
import { assertRunId } from './assert-run-id.ts';
import { createRun } from './stored-run.ts';
import type { Place } from './stored-run.ts';

export interface ChildRun {
  readonly id: string;
  /** Name of a definition that the engine knows. */
  readonly definition: string;
  readonly input: Json;
}

/**
 * Puts a run that another one begins into the store; again changes nothing.
 * @throws WorkflowError `FW_WORKFLOW_NO_DEFINITION`, `FW_WORKFLOW_CHANGED` when the id is somebody else's.
 */
export async function beginChild({ id, definition: name, input }: ChildRun, parent: string, { store, definitions, ...place }: Place & { readonly store: JournalStore; readonly definitions: readonly WorkflowDefinition[] }): Promise<void> {
  const found = await store.get(id);
  if (found) {
    if (found.parent !== parent) throw new WorkflowError('FW_WORKFLOW_CHANGED', { message: `Run "${id}" exists already and was not begun by "${parent}".` });
    return;
  }
  const definition = definitions.find((candidate) => candidate.name === name);
  if (!definition) throw new WorkflowError('FW_WORKFLOW_NO_DEFINITION', { message: `Run "${parent}" begins a run of "${name}", which this engine does not know. Pass it in \`definitions\`. Known: ${definitions.map((known) => known.name).join(', ') || 'none'}.` });
  assertRunId(id);
  await createRun(store, { id, definition, input, fingerprint: fingerprintOf(definition), parent }, place);
}
