import type { TaskWorkspace, Tool } from '@fw/agents-core';
import { diffTool } from './diff.ts';
import { editFileTool } from './edit-file.ts';
import { listFilesTool } from './list-files.ts';
import { readFileTool } from './read-file.ts';
import { runTool } from './run.ts';
import { searchTool } from './search.ts';
import { writeFileTool } from './write-file.ts';

/**
 * The tools of an agent that reads and changes files: list_files, search, read_file, diff (pure); edit_file,
 * write_file, run (idempotent: snapshot after them and restore before a second attempt). What goes wrong is an
 * answer with a `code`; only an abort throws.
 */
export function workspaceTools(workspace: TaskWorkspace): readonly Tool[] {
  return [
    listFilesTool(workspace),
    searchTool(workspace),
    readFileTool(workspace),
    editFileTool(workspace),
    writeFileTool(workspace),
    runTool(workspace),
    diffTool(workspace),
  ];
}
