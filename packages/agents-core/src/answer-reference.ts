import type { Json, ToolCall } from '@fw/models';
import { failure } from './answer-calls.ts';
import { outputScheme } from './kept-outputs.ts';
import type { KeptOutputs } from './kept-outputs.ts';

const room = 16_000;

/**
 * Answers `read_file` of a reference that this loop gave out itself, where the host's tools do not know it. Lines are
 * counted from 1; what does not fit is said, with the call that shows it.
 */
export function answerReference({ name, arguments: input }: ToolCall, store: KeptOutputs): Json | undefined {
  const { path, start, end } = (input !== null && typeof input === 'object' ? input : {}) as { readonly path?: unknown; readonly start?: unknown; readonly end?: unknown };
  if (name !== 'read_file' || typeof path !== 'string' || !path.startsWith(outputScheme)) return undefined;
  const text = store.read(path);
  if (text === undefined) return undefined;
  const lines = text.split('\n');
  const from = typeof start === 'number' ? Math.floor(start) : 1;
  const to = Math.min(lines.length, typeof end === 'number' ? Math.floor(end) : lines.length);
  if (from < 1 || from > to) return failure('invalid_input', `${path} has ${lines.length} lines; ${from} to ${to} is no range in it.`);
  let [last, size] = [from - 1, 0];
  while (last < to && (last < from || size + (lines[last]?.length ?? 0) < room)) size += (lines[last++]?.length ?? 0) + 1;
  const shown = lines.slice(from - 1, last).join('\n');
  const more = last < lines.length ? `\n[Lines ${from} to ${last} of ${lines.length}. Call read_file with path "${path}" and start ${last + 1} for more.]` : '';
  return {
    ok: true, text: `${shown}${more}`, meta: { start: from, end: last, lines: lines.length },
    ...(last - from + 1 < lines.length ? { truncated: { shown: last - from + 1, total: lines.length, unit: 'lines', ref: path } } : {}),
  };
}
