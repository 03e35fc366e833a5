import { withZod } from '@fw/agents-core/with-zod';
import type { TaskWorkspace, Tool } from '@fw/agents-core';
import { defineTool, outputScheme } from '@fw/agents-core';
import { newSyntaxError } from '../edits/syntax-error.ts';
import { answer, refuse } from './answer.ts';
import { relativePath } from '../workspace-path.ts';
import { editFailures } from './edit-failures.ts';
import type { EditNotes } from './edit-notes.ts';
import { fileHash } from './file-hash.ts';
import { fileText, pathText } from './input-text.ts';
import { findPlaceholder } from './placeholder.ts';
import { shownName } from './shown-name.ts';

export function writeFileTool(workspace: TaskWorkspace, notes: EditNotes): Tool {
  return defineTool({
    name: 'write_file',
    description:
      'Writes a whole file. An existing one is only replaced with replace true. Give the complete content: a comment that stands for code left out is refused.',
    effect: 'idempotent',
    input: withZod((z) => z.strictObject({
      path: pathText().describe('Relative to the workspace'),
      content: fileText(),
      replace: z.boolean().default(false),
    })),
    run: (input, step) =>
      answer(step, async () => {
        if (input.path.startsWith(outputScheme)) return refuse('denied', `Nothing was written: ${outputScheme}… names a text that was kept, which cannot be changed. Name a file of the workspace.`);
        const before = await readExisting(workspace, input.path);
        if (before !== undefined && !input.replace) {
          return refuse(
            'denied',
            `Nothing was written: ${input.path} exists. Change it with an edit, or set replace to true to write it anew.`,
          );
        }
        const placeholder = findPlaceholder(input.content, before?.text ?? '');
        if (placeholder !== undefined) {
          return refuse(
            'invalid_input',
            `Nothing was written: line ${placeholder.line} (${JSON.stringify(placeholder.text)}) stands for code that is not there. Write the file complete, or change parts of it with an edit.`,
          );
        }
        if (before?.text === input.content)
          return refuse('no_change', `${input.path} has exactly this content already.`, { hash: fileHash(input.content) });
        const wrong = await newSyntaxError(input.path, before?.text, input.content);
        if (wrong !== undefined)
          return refuse('syntax', `Nothing was written: ${input.path} would not be valid: ${wrong}. If it must be so (a template, a test of a parser), make it with a command.`);
        step.signal.throwIfAborted();
        await workspace.write(input.path, input.content);
        editFailures(workspace).clear(relativePath(input.path));
        const hash = fileHash(input.content);
        const output = {
          ok: true,
          text: `${shownName(input.path)} was ${before === undefined ? 'made' : 'replaced'}: ${input.content.length} characters, hash ${hash}.`,
          meta: { hash },
        };
        return notes(output, [{ file: relativePath(input.path), before: before?.text, after: input.content }], step.signal);
      }),
  });
}

/** Undefined when there is no such file; without text when it is not text or too long. */
async function readExisting(workspace: TaskWorkspace, path: string): Promise<{ readonly text?: string } | undefined> {
  try {
    return { text: await workspace.read(path) };
  } catch (error) {
    const code = (error as { code?: string }).code;
    if (code === 'FW_WORKSPACE_NOT_FOUND') return undefined;
    if (code === 'FW_WORKSPACE_BINARY' || code === 'FW_WORKSPACE_TOO_LARGE') return {};
    throw error;
  }
}
