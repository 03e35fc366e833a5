import { hash } from 'node:crypto';
import { passes } from './passes.ts';
import { changePrompt, designPrompt } from './prompt.ts';
import { reproduceTool } from './reproduction.ts';

/** Of all that the reviewer is told, whatever the task is: a run is bound to it. */
export function promptHash(): string {
  const view = { task: { specVersion: 1 as const, id: 'hash', goal: 'hash' }, artifacts: [], requests: [], tools: ['read_file', reproduceTool], tag: 'hash' };
  const prompts = [designPrompt(view), ...passes.map((pass) => changePrompt({ ...view, signatures: [], pass }))];
  return hash('sha256', JSON.stringify(prompts)).slice(0, 16);
}
