import { WorkflowError } from '@fw/workflow';
import { assertId } from '@fw/workflow/engine-kit';

/**
 * The id of a run is its key in Restate and stands in addresses there.
 * @throws WorkflowError `FW_WORKFLOW_ILLEGAL`.
 */
export function assertRunId(id: string): void {
  assertId(id);
  // An address cannot hold these two, however they are written (WHATWG URL, "double-dot path segment"), nor half a surrogate pair.
  if (id === '.' || id === '..' || !id.isWellFormed()) {
    throw new WorkflowError('FW_WORKFLOW_ILLEGAL', { message: `${JSON.stringify(id.slice(0, 100))} cannot be the id of a run on Restate: use another one.` });
  }
}
