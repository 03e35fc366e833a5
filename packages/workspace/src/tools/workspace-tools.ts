import type { TaskWorkspace, Tool } from '@fw/agents-core';
import { applyPatchTool } from './apply-patch.ts';
import { diffTool } from './diff.ts';
import { editFileTool } from './edit-file.ts';
import { listFilesTool } from './list-files.ts';
import { createOutputs } from './outputs.ts';
import { readFileTool } from './read-file.ts';
import { runTool } from './run.ts';
import { searchTool } from './search.ts';
import { writeFileTool } from './write-file.ts';

export interface WorkspaceToolsOptions {
  /** A folder outside of the workspace for the full text of answers that are cut; `read_file` and `search` take their references. Default: they are not kept. */
  readonly outputs?: string;
}

/**
 * The tools of an agent that reads and changes files: list_files, search, read_file, diff (pure); edit_file,
 * apply_patch, write_file, run (idempotent: snapshot after them and restore before a second attempt). What goes wrong is an
 * answer with a `code`; only an abort throws. Offer a model one of edit_file and apply_patch, the one that its family knows.
 */
export function workspaceTools(workspace: TaskWorkspace, options: WorkspaceToolsOptions = {}): readonly Tool[] {
  const outputs = createOutputs(options.outputs);
  return [
    listFilesTool(workspace),
    searchTool(workspace, outputs),
    readFileTool(workspace, outputs),
    editFileTool(workspace),
    applyPatchTool(workspace),
    writeFileTool(workspace),
    runTool(workspace, outputs),
    diffTool(workspace, outputs),
  ];
}
