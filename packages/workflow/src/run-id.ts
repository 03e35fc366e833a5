import { WorkflowError } from './workflow-error.ts';

// A store keeps text as UTF-8: halves of characters would come back as something else.
const ID = /^[^\p{Cc}\p{Cs}]{1,1000}$/u;

/** @throws WorkflowError `FW_WORKFLOW_ILLEGAL` for what cannot be the id of a run. */
export function assertId(id: unknown): void {
  if (typeof id !== 'string' || !ID.test(id)) throw new WorkflowError('FW_WORKFLOW_ILLEGAL', { message: `${JSON.stringify(id)?.slice(0, 100)} cannot be the id of a run: use 1 to 1000 characters without line breaks.` });
}
