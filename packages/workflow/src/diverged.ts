import { WorkflowError } from './workflow-error.ts';

export const diverged = (message: string): WorkflowError =>
  new WorkflowError('FW_WORKFLOW_DIVERGED', { message: `${message} The code of an agent, or something it reads outside its context, is not the same as when the run was recorded; nothing was written.` });

export const listKeys = (keys: readonly string[]): string => keys.slice(0, 3).map((key) => `"${key}"`).join(', ') || 'nothing';
