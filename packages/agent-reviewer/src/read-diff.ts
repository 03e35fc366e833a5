import { readOutput } from '@fw/agents-core';
import type { AgentContext, ToolOutput } from '@fw/agents-core';

/** What the tool `diff` shows of the change. */
export interface Diff {
  readonly text: string;
  readonly isCut: boolean;
}

/** Pages of a long diff that are read; what is beyond is said to be left out. */
const mostPages = 12;

/** The diff of the whole change, or of one file; undefined when there is no tool that shows it or it fails. */
export async function readDiff(context: AgentContext, file?: string): Promise<Diff | undefined> {
  if (!has(context, 'diff')) return undefined;
  const output = await call(context, file === undefined ? 'review-diff' : `review-diff:${file}`, 'diff', file === undefined ? {} : { path: file });
  const { ok, text, truncated, meta } = output;
  if (ok !== true || typeof text !== 'string') return undefined;
  if (meta?.['files'] === 0) return { text: '', isCut: false };
  if (truncated?.ref === undefined || !has(context, 'read_file')) return { text, isCut: truncated !== undefined };
  return readKept(context, truncated.ref, text);
}

/** A long diff is kept whole, and read page by page. */
async function readKept(context: AgentContext, ref: string, shown: string): Promise<Diff> {
  const rows: string[] = [];
  for (let page = 0; page < mostPages; page++) {
    const { ok, text = '', meta } = await call(context, `review-diff#${page}`, 'read_file', { path: ref, start: rows.length + 1, end: rows.length + 100_000 });
    const read = text.split('\n').flatMap((row) => /^\d+\t([^]*)$/.exec(row)?.[1] ?? []);
    if (ok !== true || read.length === 0) break;
    rows.push(...read);
    if (rows.length >= Number(meta?.['lines'] ?? 0)) return { text: `${rows.join('\n')}\n`, isCut: false };
  }
  return rows.length === 0 ? { text: shown, isCut: true } : { text: `${rows.join('\n')}\n`, isCut: true };
}

async function call(context: AgentContext, id: string, name: string, input: { readonly [key: string]: string | number }): Promise<Partial<ToolOutput>> {
  return readOutput(await context.tools.call({ id, name, arguments: input }));
}

function has(context: AgentContext, name: string): boolean {
  return context.tools.list.some((tool) => tool.name === name);
}
