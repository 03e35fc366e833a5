import type { WorkflowDefinition } from './definition.ts';
import { fingerprintOf } from './fingerprint.ts';
import type { JournalStore } from './journal-store.ts';
import type { Children } from './open-waits.ts';
import { assertId } from './run-id.ts';
import { WorkflowError } from './workflow-error.ts';

export interface ChildrenOptions {
  readonly store: JournalStore;
  readonly clock: () => number;
  readonly definitions: readonly WorkflowDefinition[];
  /** Drives it in this process, where nobody else does. */
  readonly takeUp: (id: string) => Promise<void>;
  readonly isActive: (id: string) => boolean;
  readonly cancel: (id: string, reason: string) => Promise<void>;
}

/** The runs that a run of the embedded engine begins: runs like any other, found by the key of their place. */
export function createChildren(parent: string, { store, clock, definitions, takeUp, isActive, cancel }: ChildrenOptions): Children {
  return {
    async start({ id, definition: name, input }) {
      if (!(await store.get(id))) {
        const definition = definitions.find((candidate) => candidate.name === name);
        if (!definition) throw new WorkflowError('FW_WORKFLOW_NO_DEFINITION', { message: `Run "${parent}" begins a run of "${name}", which this engine does not know. Pass it in \`definitions\`. Known: ${definitions.map((known) => known.name).join(', ') || 'none'}.` });
        assertId(id);
        await store.create({ id, definition, input, fingerprint: fingerprintOf(definition), parent }, clock());
      }
      if ((await store.get(id))?.parent !== parent) throw new WorkflowError('FW_WORKFLOW_CHANGED', { message: `Run "${id}" exists already and was not begun by "${parent}".` });
      await takeUp(id);
    },
    isActive,
    async cancel(id, reason) {
      await cancel(id, reason);
      await takeUp(id);
    },
  };
}
