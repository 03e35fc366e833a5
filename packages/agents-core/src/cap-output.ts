import type { Json } from '@fw/models';
import type { KeptOutputs } from './kept-outputs.ts';
import { readOutput } from './tool-exchange.ts';
import type { ToolOutput } from './tool.ts';

const resultLimit = 32_000;
const turnLimit = 60_000;
const leastShown = 1_000;

/**
 * Keeps one turn's results sendable whatever a tool answers: at most 32,000 characters of text a result and
 * about 60,000 a turn, head and tail kept, and the cut is said in `truncated` and in the text. What is cut is kept in
 * the store, and the last line says how to read it.
 */
export function capOutputs(outputs: readonly Json[], store?: KeptOutputs): Json[] {
  let left = turnLimit;
  return outputs.map((output) => {
    const capped = capOutput(output, Math.max(leastShown, Math.min(resultLimit, left)), store);
    left -= JSON.stringify(capped).length;
    return capped;
  });
}

function capOutput(output: Json, limit: number, store: KeptOutputs | undefined): Json {
  const size = JSON.stringify(output).length;
  if (size <= limit) return output;
  const { text: raw, ...rest } = readOutput(output);
  // What is not a ToolOutput, or is large beside its text, has no part that could be cut without changing its meaning.
  if (typeof raw !== 'string' || JSON.stringify(rest).length > limit / 2) {
    const ref = store?.keep(JSON.stringify(output, null, 1));
    return asJson({
      ok: false, code: 'too_large', text: `The answer has ${size} characters; at most ${limit} are shown here. ${ref === undefined ? 'Ask for less.' : `Ask for less, or call read_file with path "${ref}".`}`,
      truncated: { shown: 0, total: size, unit: 'characters', ...(ref === undefined ? {} : { ref }) },
    });
  }
  const text = raw.toWellFormed();
  const shown = cutText(text, Math.max(1, Math.min(text.length, Math.floor(limit / 2))));
  const ref = store?.keep(text);
  // A tool that has cut its own answer counts in its own unit, and its reference shows more than ours.
  const truncated = { shown: shown.length, total: text.length, unit: 'characters' as const, ...(ref === undefined ? {} : { ref }), ...rest.truncated };
  return asJson({
    ...(rest as Omit<ToolOutput, 'text'>),
    text: `${shown.head}\n[… ${text.length - shown.length} of ${text.length} characters left out …]\n${shown.tail}${truncated.ref === undefined ? '' : `\n[All of it: read_file with path "${truncated.ref}".]`}`,
    truncated,
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
