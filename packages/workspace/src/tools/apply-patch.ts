import { withZod } from '@fw/agents-core/with-zod';
import type { FileWrite, StepContext, TaskWorkspace, Tool, ToolFailure, ToolOutput } from '@fw/agents-core';
import { defineTool } from '@fw/agents-core';
import { applyChunks } from '../edits/apply-chunks.ts';
import { parsePatch, type PatchPart } from '../edits/parse-patch.ts';
import { newSyntaxError } from '../edits/syntax-error.ts';
import { relativePath } from '../workspace-path.ts';
import { answer, refuse } from './answer.ts';
import { answerLines } from './answer-lines.ts';
import { editFailures, type EditFailures } from './edit-failures.ts';
import type { EditedFile, EditNotes } from './edit-notes.ts';
import { fileHash } from './file-hash.ts';
import { fileText } from './input-text.ts';
import type { OutputStore } from './output-store.ts';
import { findPlaceholder } from './placeholder.ts';

export function applyPatchTool(workspace: TaskWorkspace, outputs: OutputStore, notes: EditNotes): Tool {
  return defineTool({
    name: 'apply_patch',
    description: `Changes files by a patch, all of it or nothing:
*** Begin Patch
*** Update File: src/a.ts
@@ class A
 a line that stays
-a line that goes
+a line that comes
*** Add File: src/b.ts
+every line of the new file
*** Delete File: src/c.ts
*** End Patch
"*** Move to: path" below an Update File renames it. Copy three lines around each change from the file; they must fit at exactly one place. "@@ line" names the function or class above where they stand more than once.`,
    effect: 'idempotent',
    input: withZod((z) => z.strictObject({ patch: fileText().min(1) })),
    run: (input, step) =>
      answer(step, async () => {
        const parsed = parsePatch(input.patch);
        if (parsed.status === 'invalid') return refuse('invalid_input', `Nothing was written: line ${parsed.line} of the patch does not fit the format. ${parsed.message}`);
        const parts = joinParts(parsed.parts);
        if (parts.length > maxParts) return refuse('invalid_input', `Nothing was written: the patch has ${parts.length} files, at most ${maxParts} are changed at once.`);
        return apply(workspace, parts, step, outputs, notes);
      }),
  });
}

const maxParts = 500;

interface Prepared {
  readonly writes: readonly FileWrite[];
  readonly shown: readonly string[];
  readonly meta: { readonly [file: string]: string };
  readonly edited: readonly EditedFile[];
}

interface Refusal {
  readonly file: string;
  readonly code: ToolFailure;
  readonly message: string;
}

async function apply(workspace: TaskWorkspace, parts: readonly PatchPart[], step: StepContext, outputs: OutputStore, notes: EditNotes): Promise<ToolOutput> {
  const failures = editFailures(workspace);
  const named = parts.flatMap((part) => [part.file, ...(part.type === 'update' && part.moveTo !== undefined ? [part.moveTo] : [])]);
  const seen = new Set<string>();
  const twice = named.find((file) => seen.size === seen.add(relativePath(file)).size);
  if (twice !== undefined) return refuse('invalid_input', `Nothing was written: the patch names ${twice} more than once. Make one part of it.`);
  const prepared: Prepared[] = [];
  const refused: Refusal[] = [];
  // Each is parsed in a thread of its own.
  for (let next = 0; next < parts.length; next += 4) {
    step.signal.throwIfAborted();
    for (const result of await Promise.all(parts.slice(next, next + 4).map((part) => preparePart(workspace, part, failures)))) {
      if ('code' in result) refused.push(result);
      else prepared.push(result);
    }
  }
  const [first] = refused;
  if (first !== undefined) {
    const fitting = prepared.length === 0 ? '' : ` ${prepared.length} of ${parts.length} parts would have fitted.`;
    return refuse(first.code, `Nothing was written.${fitting}\n${refused.map(({ message }) => message).join('\n')}`, { failed: refused.map(({ file }) => file) });
  }
  step.signal.throwIfAborted();
  await workspace.writeAll(prepared.flatMap(({ writes }) => writes));
  for (const file of named) failures.clear(relativePath(file));
  const lines = prepared.flatMap(({ shown }) => shown).join('\n').split('\n');
  const output = await answerLines({
    outputs,
    lines,
    total: lines.length,
    unit: 'lines',
    full: () => `${lines.join('\n')}\n`,
    more: (shown) => `${shown} of ${lines.length} lines. Call diff.`,
    meta: { hashes: Object.assign({}, ...prepared.map(({ meta }) => meta)) as { [file: string]: string } },
  });
  return notes(output, prepared.flatMap(({ edited }) => edited), step.signal);
}

async function preparePart(workspace: TaskWorkspace, part: PatchPart, failures: EditFailures): Promise<Prepared | Refusal> {
  const file = relativePath(part.file);
  if (part.type === 'add') {
    if (await exists(workspace, file)) return { file, code: 'denied', message: `${file} exists: change it with "*** Update File".` };
    return checked({ file, before: undefined, after: part.content, shown: [`${file} was made: ${part.content.length} characters`] });
  }
  if (part.type === 'delete') {
    if (!(await exists(workspace, file))) return { file, code: 'not_found', message: `${file} does not exist.` };
    const before = await workspace.read(file).catch(() => undefined);
    return { writes: [{ type: 'remove', file }], shown: [`${file} was deleted.`], meta: {}, edited: [{ file, before }] };
  }
  let text: string;
  try {
    text = await workspace.read(file);
  } catch (error) {
    if ((error as { code?: string }).code !== 'FW_WORKSPACE_NOT_FOUND') throw error;
    return { file, code: 'not_found', message: `${file} does not exist: make it with "*** Add File".` };
  }
  const moveTo = part.moveTo === undefined ? undefined : relativePath(part.moveTo);
  if (moveTo !== undefined && (await exists(workspace, moveTo))) return { file, code: 'denied', message: `${file} cannot be moved to ${moveTo}: that exists.` };
  if (part.chunks.length === 0 && moveTo !== undefined)
    return { writes: moved(file, moveTo, text), shown: [`${file} was moved to ${moveTo}.`], meta: { [moveTo]: fileHash(text) }, edited: [] };
  const result = applyChunks(file, text, part.chunks);
  if (result.status === 'refused') {
    const wanted = part.chunks[0]?.lines.flatMap((line) => (line.type === 'add' ? [] : [line.text])).join('\n') ?? '';
    return { file, code: result.code, message: result.message + failures.add(file, text, wanted, `Use another tool for this file: edit_file if it is offered, else write_file with replace true.`) };
  }
  const to = moveTo ?? file;
  const shown = [`${file} was changed${moveTo === undefined ? '' : ` and moved to ${moveTo}`}`, ...result.notes, ...result.hunks];
  const done = await checked({ file: to, before: text, after: result.text, shown });
  if ('code' in done || moveTo === undefined) return done;
  return { ...done, writes: moved(file, moveTo, result.text), edited: [{ file: moveTo, after: result.text }] };
}

async function checked(change: { readonly file: string; readonly before: string | undefined; readonly after: string; readonly shown: readonly string[] }): Promise<Prepared | Refusal> {
  const { file, before, after } = change;
  const placeholder = findPlaceholder(after, before ?? '');
  if (placeholder !== undefined)
    return { file, code: 'invalid_input', message: `${file}: line ${placeholder.line} (${JSON.stringify(placeholder.text)}) stands for code that is not there. Give all of it.` };
  const wrong = await newSyntaxError(file, before, after);
  if (wrong !== undefined) return { file, code: 'syntax', message: `${file} would not be valid any more: ${wrong}.` };
  const hash = fileHash(after);
  const [first, ...others] = change.shown;
  return { writes: [{ type: 'write', file, content: after }], shown: [`${first ?? ''}, hash ${hash}.`, ...others], meta: { [file]: hash }, edited: [{ file, before, after }] };
}

function moved(from: string, to: string, content: string): readonly FileWrite[] {
  return [
    { type: 'write', file: to, content, like: from },
    { type: 'remove', file: from },
  ];
}

/** Several updates of one file are one, up to where it is moved. */
function joinParts(parts: readonly PatchPart[]): readonly PatchPart[] {
  const joined: PatchPart[] = [];
  const open = new Map<string, number>();
  for (const part of parts) {
    const index = part.type === 'update' ? open.get(part.file) : undefined;
    const before = index === undefined ? undefined : joined[index];
    if (index !== undefined && before?.type === 'update' && part.type === 'update') joined[index] = { ...part, chunks: [...before.chunks, ...part.chunks] };
    else joined.push(part);
    if (part.type !== 'update') continue;
    if (part.moveTo === undefined) open.set(part.file, index ?? joined.length - 1);
    else open.delete(part.file);
  }
  return joined;
}

async function exists(workspace: TaskWorkspace, file: string): Promise<boolean> {
  try {
    await workspace.read(file);
    return true;
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === 'FW_WORKSPACE_NOT_FOUND') return false;
    if (code === 'FW_WORKSPACE_BINARY' || code === 'FW_WORKSPACE_TOO_LARGE') return true;
    throw error;
  }
}
