import { readOutput } from '@fw/agents-core';
import type { ToolExchange } from '@fw/agents-core';

/** Formats of edits, best first, by the family of the model; `write_file` is always there. */
const formats: readonly { readonly family: RegExp; readonly tools: readonly string[] }[] = [
  { family: /(^|[/.-])(gpt|chatgpt|codex)|(^|\/)o\d/i, tools: ['apply_patch', 'edit_file'] },
  { family: /claude|gemini/i, tools: ['edit_file'] },
];
const unknown = { tools: ['edit_file'] };

/** Tools that place an edit by text; a model is offered at most one of them. */
export const editFormats: readonly string[] = ['edit_file', 'apply_patch'];

/**
 * The one tool for edits that this model is offered now, if any. After two failures in a row on one file the next
 * format comes; at the end whole files are left.
 */
export function editTool(model: string | undefined, available: readonly string[], exchanges: readonly ToolExchange[]): string | undefined {
  const { tools } = formats.find(({ family }) => model !== undefined && family.test(model)) ?? unknown;
  // A host may have only one of them.
  const known = tools.filter((tool) => available.includes(tool));
  const order = known.length > 0 ? known : editFormats.filter((tool) => available.includes(tool));
  return order.find((tool) => !hasFailedTwice(tool, exchanges));
}

/** Models that are not known, or known to be small, write short files whole. */
export function writesWhole(model: string | undefined): boolean {
  return model === undefined || !formats.some(({ family }) => family.test(model)) || /(^|[^\d.])\d{1,2}b\b|nano|flash-lite/i.test(model);
}

function hasFailedTwice(tool: string, exchanges: readonly ToolExchange[]): boolean {
  const failures = new Map<string, number>();
  for (const { call, output } of exchanges.filter((exchange) => exchange.call.name === tool)) {
    const { ok, code, meta } = readOutput(output);
    if (ok === true) failures.clear();
    if (ok !== false || !['not_found', 'ambiguous', 'invalid_input'].includes(code ?? '')) continue;
    for (const file of filesOf(call.arguments, meta?.['failed'])) {
      const count = (failures.get(file) ?? 0) + 1;
      if (count === 2) return true;
      failures.set(file, count);
    }
  }
  return false;
}

/** A patch whose format is wrong names no file: such failures count together. */
function filesOf(input: unknown, failed: unknown): readonly string[] {
  if (Array.isArray(failed)) return failed.filter((file) => typeof file === 'string');
  const path = (input as { readonly path?: unknown } | null)?.path;
  return [typeof path === 'string' ? path.replace(/^(\.\/)+/, '') : ''];
}
