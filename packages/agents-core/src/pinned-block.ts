import type { AgentContext } from './agent.ts';
import { describeTask } from './describe-task.ts';

/**
 * What must stand in every request of a run, word for word, however long it gets: goal, criteria, constraints and open
 * requests. Made of the context's frozen data alone, so it is the same bytes each time and after every resume.
 */
export function pinnedBlock(context: Pick<AgentContext, 'task' | 'artifacts' | 'requests'>): string {
  return describeTask(context);
}

/** The first message: the block and what the agent says, once each. */
export function withPinned(pinned: string, prompt: string): string {
  if (pinned === '' || prompt.includes(pinned)) return prompt;
  return prompt === '' ? pinned : `${pinned}\n\n${prompt}`;
}
