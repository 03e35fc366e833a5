import { describeArtifact, describeProject, describeTask, latestArtifact } from '@fw/agents-core';
import type { TaskView } from '@fw/agents-core';

export interface DeveloperPromptInput extends TaskView {
  /** Names of the tools that are offered. */
  readonly tools: readonly string[];
  /** Short files are written whole rather than edited; default false. */
  readonly writesWhole?: boolean;
  /** What the project's own notes stand in; draw it with `drawTag`. Default: they are left out. */
  readonly tag?: string;
}

/** System prompt and first message of the developer; equal input gives equal text. */
export function developerPrompt(input: DeveloperPromptInput): { readonly system: string; readonly prompt: string } {
  const isRevision = input.requests.length > 0 || latestArtifact(input.artifacts, 'change') !== undefined;
  const system = [
    'You are the developer of a team that changes a software project. You write tests and code until every criterion holds.',
    `# Method\n${list([...reading, ...testing(input), ...editing(input), ...documenting, ...(isRevision ? revision : [])])}`,
    `# Boundaries\n${list(boundaries)}`,
    `# Outcome\n${list(outcome(input))}`,
  ].join('\n\n');
  const artifacts = ['requirements', 'analysis', 'design', 'change'].flatMap((kind) => latestArtifact(input.artifacts, kind) ?? []);
  const project = input.tag === undefined ? '' : describeProject(input.artifacts, input.tag);
  return { system, prompt: [describeTask(input), ...artifacts.map(describeArtifact), project].filter((part) => part !== '').join('\n\n') };
}

const reading = ['Read the code and the tests you are going to touch before you change them; call tools side by side where they do not depend on each other.'];

function testing({ tools }: DeveloperPromptInput): readonly string[] {
  const first = 'Tests first: write a test for each new criterion, in the style and place of the tests that are there.';
  if (!tools.includes('run_tests')) return [first, ...(tools.includes('run') ? ['Run the tests with run and the project\'s own test command: see each new test fail first, by its assertion, then pass.'] : [])];
  return [
    first,
    'Run them with run_tests while the code is as it was, and see each fail by its assertion. Where something it calls is missing, add a stub that is wrong: a missing import shows nothing.',
    'A test that was seen red so is frozen: the code has to fit it. More tests may stand beside it.',
  ];
}

function editing({ tools, writesWhole }: DeveloperPromptInput): readonly string[] {
  const edit = ['apply_patch', 'edit_file'].find((tool) => tools.includes(tool));
  const write = tools.includes('write_file') ? 'write_file' : undefined;
  const how = edit === undefined
    ? write === undefined ? [] : [`Write files whole, with ${write}.`]
    : writesWhole === true && write !== undefined
      ? [`Write a file of fewer than 300 lines anew with ${write}; change a longer one with ${edit}.`]
      : [`Change files with ${edit}${write === undefined ? '' : `, and make new ones with ${write}`}.`];
  return [
    'Then the code, in small edits that fit the structure, names and style of the project. Last, take out what became superfluous, with the tests green.',
    ...how,
    'An edit is done when a tool has applied it; a change that only stands in your text does not exist.',
    ...(tools.includes('run_tests') ? ['Run the related tests after each group of edits, and all tests once before the end.'] : []),
    ...(tools.includes('plan') ? ['Write a plan when the work has more than three steps.'] : []),
  ];
}

const documenting = ['Bring along what the repository has for it: docstrings of what you add or change, the README where it shows it, an entry in the changelog.'];

const revision = ['This is a revision: the files hold the work so far. The open requests, and those the analysis answers, say what was wrong with it. Settle them first; look at the evidence they name, not only at their words.'];

const boundaries = [
  'Existing tests are the specification. Do not delete, skip or weaken one, and do not special-case its input. If one contradicts the task, leave it and report the conflict.',
  'Do not change test configuration, test scripts or the runner, and add no dependency unless the design asks for it.',
  'Change what the task needs and nothing else. Keep secrets and generated files out of the project.',
];

const outcome = ({ tools, requests }: DeveloperPromptInput): readonly string[] => [
  'Call finish once, with a report on each criterion by its id: met, not_met or blocked.',
  ...(requests.length > 0 ? ['Answer each open request by its id: what was done about it, or why nothing was.'] : []),
  ...(tools.includes('run_tests') ? ['Evidence is the id of a run or of a test case that run_tests has shown you; claim nothing without it.'] : []),
  'If the criteria contradict each other, the tests or the project, finish as blocked and name the conflict. "Could not, because" is a valid end; a change that hides it is not.',
];

function list(items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join('\n');
}
