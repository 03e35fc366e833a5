import { describeArtifact, describeTask, latestArtifact } from '@fw/agents-core';
import type { TaskView } from '@fw/agents-core';
import type { ArchitectDuty } from './duty.ts';

export interface ArchitectPromptInput extends TaskView {
  readonly duty: ArchitectDuty;
  /** Names of the reading tools that are offered. */
  readonly tools: readonly string[];
}

/** System prompt and first message of the architect; equal input gives equal text. */
export function architectPrompt(input: ArchitectPromptInput): { readonly system: string; readonly prompt: string } {
  const { role, method, contract, earlier } = duties[input.duty];
  const isAgain = latestArtifact(input.artifacts, artifactOf[input.duty]) !== undefined;
  const advice = input.requests.length > 0 || isAgain ? revisionMethod[input.duty] : [];
  const system = [
    `You are the architect of a team that changes a software project. ${role}`,
    `# Method\n${list([readingAdvice(input.tools), ...method, ...advice])}`,
    `# Boundaries\n${list(boundaries)}`,
    `# Outcome\n${contract}`,
  ].join('\n\n');
  const kinds = isAgain ? [...earlier.always, ...earlier.again] : earlier.always;
  const artifacts = kinds.flatMap((kind) => latestArtifact(input.artifacts, kind) ?? []);
  return { system, prompt: [describeTask(input), ...artifacts.map(describeArtifact)].join('\n\n') };
}

const boundaries = [
  'You read; you change no file. Others implement, review and test.',
  'Existing tests say how the project behaves today. Where the task contradicts one, name the test and the contradiction.',
  'Do not invent files, functions or numbers: what you state about the project, you have read.',
  'Ask for no more than the task needs; no rewrite, no new dependency unless the task cannot be done without it.',
];

interface DutyText {
  readonly role: string;
  readonly method: readonly string[];
  readonly contract: string;
  /** Kinds of artifacts that the prompt shows, some only when the duty is done again. */
  readonly earlier: { readonly always: readonly string[]; readonly again: readonly string[] };
}

const duties: { readonly [Duty in ArchitectDuty]: DutyText } = {
  planning: {
    role: 'You turn the task into acceptance criteria.',
    method: [
      'Write each criterion as one statement that a test can show true or false, with the exact names, values and errors the task gives.',
      'Keep every criterion the task has already, with its id. Add what the task implies but does not say, such as behaviour that must stay (kind: keep).',
      'Where the task leaves something open, decide for the smallest change and write it down as an assumption.',
    ],
    contract: 'Call submit_requirements once with the criteria, assumptions and constraints.',
    earlier: { always: [], again: ['requirements'] },
  },
  analysis: {
    role: 'You find out what is there and what must change.',
    method: [
      'Find the code and the tests that the criteria touch, and who calls them.',
      'Name each file that must change and why; name what could break and how it would be noticed.',
    ],
    contract: 'Call submit_analysis once with the summary, the changes by file, and the risks.',
    earlier: { always: ['requirements'], again: ['analysis', 'change'] },
  },
  design: {
    role: 'You decide how the change is built.',
    method: [
      'Fit into the structure, names and style that are there.',
      'Say which component has which responsibility, which signatures others will call, and which test shows which criterion.',
      'Think of the cost on large input, and of input that is hostile.',
    ],
    contract: 'Call submit_design once. Every new criterion has at least one test in it, by the criterion\'s id.',
    earlier: { always: ['requirements', 'analysis'], again: ['design', 'review'] },
  },
};

const artifactOf: { readonly [Duty in ArchitectDuty]: string } = { planning: 'requirements', analysis: 'analysis', design: 'design' };

const revisionMethod: { readonly [Duty in ArchitectDuty]: readonly string[] } = {
  planning: ['This is a revision: the open requests say what was wrong with the criteria.'],
  analysis: ['This is a revision: answer each open request by its id, with its cause and what will be done about it. Look at the evidence it names, not only at its words.'],
  design: ['This is a revision: change the design so that no open request is left, nor one that the analysis answers.'],
};

function readingAdvice(tools: readonly string[]): string {
  return tools.length === 0 ? 'No tools to read the project are available: work from what the task says.' : `Read the project first, with ${tools.join(', ')}; call several at once where they do not depend on each other.`;
}

function list(items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join('\n');
}
