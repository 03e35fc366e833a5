import { withZod } from '@fw/agents-core/with-zod';
import type { TaskWorkspace, Tool } from '@fw/agents-core';
import { defineTool } from '@fw/agents-core';
import { applyEdits } from '../edits/apply-edits.ts';
import { newSyntaxError } from '../edits/syntax-error.ts';
import { relativePath } from '../workspace-path.ts';
import { answer, refuse } from './answer.ts';
import { answerLines } from './answer-lines.ts';
import { editFailures } from './edit-failures.ts';
import type { EditNotes } from './edit-notes.ts';
import { fileHash } from './file-hash.ts';
import { fileText, pathText } from './input-text.ts';
import type { OutputStore } from './output-store.ts';

export function editFileTool(workspace: TaskWorkspace, outputs: OutputStore, notes: EditNotes): Tool {
  const failures = editFailures(workspace);
  return defineTool({
    name: 'edit_file',
    description:
      'Replaces text in one file, all edits or none. old must stand in the file exactly once (or set all); copy it from read_file without the line numbers, with enough lines around it. An empty new deletes.',
    effect: 'idempotent',
    input: withZod((z) => z.strictObject({
      path: pathText().describe('Relative to the workspace'),
      edits: z
        .array(
          z.strictObject({
            old: z.string().min(1).max(2_000_000),
            new: fileText(),
            all: z.boolean().default(false).describe('Change every place where old stands'),
          }),
        )
        .min(1)
        .max(20),
      base_hash: z.string().max(100).optional().describe('The hash that read_file gave; refused when the file has changed since'),
    })),
    run: (input, step) =>
      answer(step, async () => {
        const text = await workspace.read(input.path);
        const file = relativePath(input.path);
        const hash = fileHash(text);
        if (input.base_hash !== undefined && input.base_hash !== hash) {
          return refuse(
            'stale',
            `Nothing was written: ${input.path} has changed since it was read (hash now ${hash}, not ${input.base_hash}). Read it again and repeat the edit.`,
            { hash },
          );
        }
        const result = applyEdits(input.path, text, input.edits);
        if (result.status === 'refused') {
          const again = failures.add(file, text, input.edits[0]?.old ?? '', 'Copy from these lines, or write the file anew with write_file (replace true).');
          return refuse(result.code, result.message + again, { hash });
        }
        const wrong = await newSyntaxError(file, text, result.text);
        if (wrong !== undefined) return refuse('syntax', `Nothing was written: ${input.path} would not be valid any more: ${wrong}.`, { hash });
        step.signal.throwIfAborted();
        await workspace.write(input.path, result.text);
        failures.clear(file);
        const fresh = fileHash(result.text);
        const lines = result.hunks.join('\n').split('\n');
        const output = await answerLines({
          outputs,
          head: [`${input.path} was changed, hash ${fresh}.`, ...result.notes, ''].join('\n'),
          lines,
          total: lines.length,
          unit: 'lines',
          full: () => `${lines.join('\n')}\n`,
          more: (shown) => `${shown} of ${lines.length} lines. Call diff with this path.`,
          meta: { hash: fresh, before: hash },
        });
        return notes(output, [{ file, before: text, after: result.text }], step.signal);
      }),
  });
}
