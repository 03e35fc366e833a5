import type { TaskWorkspace, Tool } from '@fw/agents-core';
import { createMutex } from '../mutex.ts';
import { applyPatchTool } from './apply-patch.ts';
import { boundedTool } from './bounded-tool.ts';
import { diffTool } from './diff.ts';
import { editFileTool } from './edit-file.ts';
import { createEditNotes } from './edit-notes.ts';
import { listFilesTool } from './list-files.ts';
import { memoryOutputs } from './output-store.ts';
import type { OutputStore } from './output-store.ts';
import { planTool } from './plan.ts';
import { readFileTool } from './read-file.ts';
import { repositoryMapTool } from './repository-map.ts';
import { runTool } from './run.ts';
import { searchTool } from './search.ts';
import { createSymbolThread } from './symbol-thread.ts';
import { symbolsTool } from './symbols.ts';
import { toolInTurn } from './tool-in-turn.ts';
import { writeFileTool } from './write-file.ts';

export interface WorkspaceToolsOptions {
  /** Where the full texts of answers that are cut are kept; `read_file` and `search` take their references. Default: in memory. */
  readonly outputs?: OutputStore;
}

/**
 * The tools of an agent that reads and changes files: list_files, search, read_file, symbols, repository_map, diff, plan (pure); edit_file,
 * apply_patch, write_file, run (idempotent: snapshot after them and restore before a second attempt). What goes wrong is an
 * answer with a `code`; only an abort throws. An answer has at most 16,000 characters, of read_file 32,000; `truncated` says
 * what is left out. Offer a model one of edit_file and apply_patch, the one that its family knows.
 */
export function workspaceTools(workspace: TaskWorkspace, options: WorkspaceToolsOptions = {}): readonly Tool[] {
  const { outputs = memoryOutputs() } = options;
  // An edit reads the file and then writes it: two at once would lose one of them.
  const inOrder = createMutex();
  const thread = createSymbolThread({ root: workspace.root });
  const notes = createEditNotes(workspace, thread);
  return [
    listFilesTool(workspace, outputs),
    searchTool(workspace, outputs),
    readFileTool(workspace, outputs),
    editFileTool(workspace, outputs, notes),
    applyPatchTool(workspace, outputs, notes),
    writeFileTool(workspace, notes),
    runTool(workspace, outputs),
    diffTool(workspace, outputs),
    symbolsTool(workspace, outputs, thread),
    repositoryMapTool(workspace),
    planTool(),
  ].map((tool) => toolInTurn(boundedTool(tool, outputs), inOrder));
}
