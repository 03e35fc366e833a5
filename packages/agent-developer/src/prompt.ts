import { describeArtifact, describeTask, latestArtifact } from '@fw/agents-core';
import type { TaskView } from '@fw/agents-core';

export interface DeveloperPromptInput extends TaskView {
  /** Names of the tools that are offered. */
  readonly tools: readonly string[];
  /** Short files are written whole rather than edited; default false. */
  readonly writesWhole?: boolean;
}

/** System prompt and first message of the developer; equal input gives equal text. */
export function developerPrompt(input: DeveloperPromptInput): { readonly system: string; readonly prompt: string } {
  const has = (tool: string): boolean => input.tools.includes(tool);
  const test = has('run_tests') ? 'run_tests' : has('run') ? 'run, with the project\'s own test command' : undefined;
  const isRevision = input.requests.length > 0 || latestArtifact(input.artifacts, 'change') !== undefined;
  const system = [
    'You are the developer of a team that changes a software project. You write tests and code until every criterion holds.',
    `# Method\n${list([...method, ...(input.writesWhole === true && has('write_file') && has('edit_file') ? [short] : []), ...(test === undefined ? [] : testing(test)), ...(isRevision ? revision : [])])}`,
    `# Boundaries\n${list(boundaries)}`,
    `# Outcome\n${list(outcome(has('run_tests')))}`,
  ].join('\n\n');
  const artifacts = ['requirements', 'analysis', 'design', 'change'].flatMap((kind) => latestArtifact(input.artifacts, kind) ?? []);
  return { system, prompt: [describeTask(input), ...artifacts.map(describeArtifact)].join('\n\n') };
}

const method = [
  'Read the code and the tests you are going to touch before you change them; call tools side by side where they do not depend on each other.',
  'Tests first: write a test for each new criterion, in the style and place of the tests that are there.',
  'Then write the code, in small edits that fit the structure and names of the project. Last, bring documentation that the change makes wrong up to date.',
  'An edit is done when a tool has applied it; a change that only stands in your text does not exist.',
];

const short = 'Write a file of fewer than 300 lines anew with write_file; change a longer one with edit_file.';

const testing = (tool: string): readonly string[] => [
  `Run the tests with ${tool}. See each new test fail first, by its assertion and not because something is missing or misspelt; then see it pass.`,
  'Run the related tests after each group of edits, and all tests once before the end.',
];

const revision = ['This is a revision: the files hold the work so far. The open requests, and those the analysis answers, say what was wrong with it. Settle them first; look at the evidence they name, not only at their words.'];

const boundaries = [
  'Existing tests are the specification. Do not delete, skip or weaken one, and do not special-case its input. If one is wrong, leave it and report it.',
  'Do not change test configuration, test scripts or the runner, and add no dependency unless the design asks for it.',
  'Change what the task needs and nothing else. Keep secrets and generated files out of the project.',
];

const outcome = (canTest: boolean): readonly string[] => [
  'Call finish once, with a report on each criterion by its id: met, not_met or blocked.',
  ...(canTest ? ['Evidence is the id of a run or of a test case that run_tests has shown you; claim nothing without it.'] : []),
  'If the criteria contradict each other, the tests or the project, say so in finish as blocked. That is a valid end; a change that hides it is not.',
];

function list(items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join('\n');
}
