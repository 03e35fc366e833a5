import { hash } from 'node:crypto';
import type { ArchitectDuty } from './duty.ts';
import { architectPrompt } from './prompt.ts';
import { askingTool } from './questions.ts';

const duties: readonly ArchitectDuty[] = ['planning', 'analysis', 'design'];

/** Of all that the architect is told, whatever the task is: a run is bound to it. */
export function promptHash(): string {
  const request = { id: 'hash', what: 'hash', evidence: [] };
  const prompts = duties.flatMap((duty) => [[], [request]].flatMap((requests) => [['read_file'], ['read_file', askingTool]].map((tools) =>
    architectPrompt({ duty, tools, requests, artifacts: [], task: { specVersion: 1, id: 'hash', goal: 'hash' } }).system)));
  return hash('sha256', JSON.stringify(prompts)).slice(0, 16);
}
