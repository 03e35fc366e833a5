import { hash } from 'node:crypto';
import { editFormats } from './edit-tools.ts';
import { developerPrompt } from './prompt.ts';

/** Of all that the developer is told, whatever the task and the model are: a run is bound to it. */
export function promptHash(): string {
  const rest = ['write_file', 'run', 'run_tests', 'plan'];
  const requests = [{ id: 'hash', what: 'hash', evidence: [] }];
  const prompts = editFormats.flatMap((edit) => [false, true].map((writesWhole) =>
    developerPrompt({ task: { specVersion: 1, id: 'hash', goal: 'hash' }, artifacts: [], requests, tools: [edit, ...rest], writesWhole }).system));
  return hash('sha256', JSON.stringify(prompts)).slice(0, 16);
}
