import { readOutput } from '@fw/agents-core';
import type { AgentContext } from '@fw/agents-core';

/** What the tool `diff` shows of the change. */
export interface Diff {
  readonly text: string;
  readonly isCut: boolean;
}

/** The diff of the whole change, or of one file; undefined when there is no tool that shows it or it fails. */
export async function readDiff(context: AgentContext, file?: string): Promise<Diff | undefined> {
  if (!context.tools.list.some((tool) => tool.name === 'diff')) return undefined;
  const output = readOutput(await context.tools.call({ id: file === undefined ? 'review-diff' : `review-diff:${file}`, name: 'diff', arguments: file === undefined ? {} : { path: file } }));
  if (output.ok !== true || typeof output.text !== 'string') return undefined;
  return { text: output.text, isCut: output.truncated !== undefined };
}
