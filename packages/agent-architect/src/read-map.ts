import { acceptanceCriteria, readOutput } from '@fw/agents-core';
import type { AgentContext } from '@fw/agents-core';

const longestFocus = 8_000;
const mostFocus = 100;

/** A map of the repository around the task; undefined when there is no tool that draws it, or nothing to draw. */
export async function readMap(context: AgentContext): Promise<string | undefined> {
  if (!context.tools.list.some((tool) => tool.name === 'repository_map')) return undefined;
  const output = readOutput(await context.tools.call({ id: 'architect-map', name: 'repository_map', arguments: { focus: [...focusOf(context)] } }));
  return output.ok === true && typeof output.text === 'string' ? output.text : undefined;
}

function focusOf(context: AgentContext): readonly string[] {
  const requests = context.requests.map(({ what, where }) => `${what} ${where?.file ?? ''}`);
  return [context.task.goal, ...acceptanceCriteria(context).map(({ text }) => text), ...requests].slice(0, mostFocus).map((text) => text.slice(0, longestFocus).toWellFormed());
}
