import { readOutput } from '@fw/agents-core';
import type { Json, ToolExchange } from '@fw/agents-core';

/** The tool that runs a command on a copy of the files; what only reads reproduces nothing. */
export const reproduceTool = 'reproduce';

/** Letters and digits that words have to have to show anything. */
const least = 8;

/**
 * Whether a call of `reproduce` has put these words out. Not if the call said them itself, as `echo` would, and not if
 * they stand in the change, which any command can print.
 */
export function isReproduced(words: string | undefined, exchanges: readonly ToolExchange[], diff: string): boolean {
  const wanted = normalize(words ?? '');
  if ((wanted.match(/[\p{L}\p{N}]/gu) ?? []).length < least || normalize(diff.replace(/^[+ -]/gm, '')).includes(wanted)) return false;
  return exchanges.some(({ call, output }) => {
    const { code, text = '' } = readOutput(output);
    // A command that fails is what shows most errors; one that did not run shows nothing.
    if (call.name !== reproduceTool || (code !== undefined && code !== 'failed' && code !== 'timeout')) return false;
    return normalize(text).includes(wanted) && !normalize(said(call.arguments)).includes(wanted);
  });
}

/** All text of an input, without the marks that JSON adds. */
function said(input: Json): string {
  if (typeof input === 'string') return input;
  return input !== null && typeof input === 'object' ? Object.values(input).map((value) => said(value as Json)).join('\n') : String(input);
}

function normalize(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
