import type { Json } from '@fw/models';
import type { KeptOutputs } from './kept-outputs.ts';
import { readOutput } from './tool-exchange.ts';
import type { ToolOutput } from './tool.ts';

/** Characters of one result's text, of what `read_file` shows, and of all results of one turn. */
const limits = { result: 16_000, read: 32_000, turn: 60_000 } as const;
/** What the sentences about a cut take. */
const noteRoom = 300;

/**
 * Keeps one turn's results sendable whatever a tool answers: at most 16,000 characters of text a result, 32,000 of
 * `read_file`, and 60,000 a turn, which large results share evenly. Head and tail are kept, and the cut is said in
 * `truncated` and in the text. What is cut is kept in the store, and the last line says how to read it.
 */
export function capOutputs(outputs: readonly Json[], store?: KeptOutputs, tools: readonly string[] = []): Json[] {
  const sized = outputs.map((output, index): Sized => ({ output, ...sizeOf(output), cap: tools[index] === 'read_file' ? limits.read : limits.result }));
  const share = fairShare(sized.map(({ text, beside, cap }) => Math.min(text, cap) + beside), limits.turn);
  return sized.map((one) => capOutput(one, share, store));
}

interface Sized {
  readonly output: Json;
  /** Characters of the text, and of what stands beside it. */
  readonly text: number;
  readonly beside: number;
  readonly cap: number;
}

function sizeOf(output: Json): Pick<Sized, 'text' | 'beside'> {
  const { text, ...rest } = readOutput(output);
  if (typeof text !== 'string') return { text: 0, beside: JSON.stringify(output).length };
  return { text: text.length, beside: JSON.stringify(rest).length };
}

/** How much each may have at most, so that all together fit: small ones are whole, and large ones have the same. */
function fairShare(sizes: readonly number[], total: number): number {
  let [left, count] = [total, sizes.length];
  for (const size of sizes.toSorted((one, other) => one - other)) {
    if (size > left / count) return Math.floor(left / count);
    left -= size;
    count -= 1;
  }
  return Infinity;
}

function capOutput({ output, text: length, beside, cap }: Sized, share: number, store: KeptOutputs | undefined): Json {
  const limit = Math.min(cap, share);
  const { text: raw, ...rest } = readOutput(output);
  // What is not a ToolOutput, or is large beside its text, has no part that could be cut without changing its meaning.
  const isWhole = typeof raw !== 'string' || beside > limit / 2;
  if (isWhole ? length + beside <= limit : length <= cap && length + beside <= share) return output;
  if (isWhole) {
    const ref = store?.keep(JSON.stringify(output, null, 1));
    return asJson({
      ok: false, code: 'too_large', text: `The answer has ${length + beside} characters; at most ${limit} are shown here. ${ref === undefined ? 'Ask for less.' : `Ask for less, or call read_file with path "${ref}".`}`,
      truncated: { shown: 0, total: length + beside, unit: 'characters', ...(ref === undefined ? {} : { ref }) },
    });
  }
  const text = raw.toWellFormed();
  const shown = cutText(text, Math.max(1, Math.min(cap, share - beside) - noteRoom));
  const ref = store?.keep(text);
  return asJson({
    ...(rest as Omit<ToolOutput, 'text'>),
    text: `${shown.head}\n[… ${text.length - shown.length} of ${text.length} characters left out …]\n${shown.tail}${ref === undefined ? '' : `\n[All of it: read_file with path "${ref}".]`}`,
    // Where a tool has cut its own answer, its last lines say so, and they are shown: what it counted is not any more.
    truncated: { shown: shown.length, total: text.length, unit: 'characters', ...(ref === undefined ? {} : { ref }) },
  });
}

/** Head and tail of a text, `keep` characters together; never half of a surrogate pair. */
export function cutText(text: string, keep: number): { readonly head: string; readonly tail: string; readonly length: number } {
  const head = text.slice(0, whole(text, Math.ceil(keep / 2)));
  const tail = text.slice(whole(text, text.length - Math.floor(keep / 2)));
  return { head, tail, length: head.length + tail.length };
}

/** Moves a cut out of the middle of a surrogate pair. */
function whole(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code >= 0xdc00 && code <= 0xdfff ? at + 1 : at;
}

const asJson = (output: ToolOutput): Json => output as unknown as Json;
