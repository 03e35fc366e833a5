import { WorkspaceError } from './workspace-error.ts';

/** The error for what the system, or git, says when there is no room; undefined when it says something else. */
export function diskFull(message: string): WorkspaceError | undefined {
  if (!/ENOSPC|EDQUOT|no space left on device|disk quota exceeded/i.test(message)) return undefined;
  return new WorkspaceError('FW_WORKSPACE_DISK_FULL', {
    message: `The disk is full, nothing was changed: ${message.trim().slice(-300)}. Free some space and try again.`,
    retryable: true,
  });
}
