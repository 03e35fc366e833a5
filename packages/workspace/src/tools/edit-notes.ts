import type { TaskWorkspace, ToolOutput } from '@fw/agents-core';
import { testNote } from './test-note.ts';
import { typeNote } from './type-note.ts';
import type { SymbolThread } from './symbol-thread.ts';

/** One file before and after an edit; without a text it was not there, or is not there any more. */
export interface EditedFile {
  readonly file: string;
  readonly before?: string | undefined;
  readonly after?: string | undefined;
}

/** Adds to an answer what an edit has brought with it. */
export type EditNotes = (output: ToolOutput, edited: readonly EditedFile[], signal: AbortSignal) => Promise<ToolOutput>;

/** How long an edit waits for types. What is not there by then is there for a later edit. */
const usualPatienceMs = 3_000;

/** What whoever made an edit wants to know of it: new type errors, and existing tests that lost something. */
export function createEditNotes(workspace: TaskWorkspace, thread: SymbolThread, patienceMs: number = usualPatienceMs): EditNotes {
  return async (output, edited, signal) => {
    const notes = [await testNote(workspace, edited), await typeNote(workspace, edited, { thread, signal, patienceMs })].filter((note) => note !== undefined);
    return notes.length === 0 ? output : { ...output, text: [output.text, ...notes].join('\n') };
  };
}
