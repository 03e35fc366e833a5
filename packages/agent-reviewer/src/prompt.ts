import { describeArtifact, describeTask, latestArtifact } from '@fw/agents-core';
import type { TaskView } from '@fw/agents-core';
import type { Diff } from './read-diff.ts';
import type { ReviewSubject } from './review.ts';

export interface ReviewerPromptInput extends TaskView {
  readonly subject: ReviewSubject;
  /** Names of the reading tools that are offered. */
  readonly tools: readonly string[];
  /** Of the change, as far as it could be read. */
  readonly diff?: Diff | undefined;
}

const diffLimit = 48_000;

/** System prompt and first message of the reviewer; equal input gives equal text. */
export function reviewerPrompt(input: ReviewerPromptInput): { readonly system: string; readonly prompt: string } {
  const isDesign = input.subject === 'design';
  const reading = input.tools.length === 0 ? [] : [`Check what you suspect before you report it, with ${input.tools.join(', ')}.`];
  const system = [
    `You are the reviewer of a team that changes a software project. You review ${isDesign ? 'the design before it is built' : 'the change that was made'}.`,
    `# Method\n${list([...(isDesign ? designMethod : changeMethod), ...reading])}`,
    `# Boundaries\n${list([...boundaries, ...(isDesign ? [] : ['Report only what the change adds. A finding whose quote is not on an added line is dropped.'])])}`,
    `# Outcome\n${isDesign ? designOutcome : changeOutcome}`,
  ].join('\n\n');
  const kinds = isDesign ? ['requirements', 'analysis', 'design'] : ['requirements', 'design'];
  const artifacts = kinds.flatMap((kind) => latestArtifact(input.artifacts, kind) ?? []);
  const parts = [describeTask(input), ...artifacts.map(describeArtifact), ...(isDesign ? [] : [describeDiff(input.diff)])];
  return { system, prompt: parts.join('\n\n') };
}

const designMethod = [
  'Does it fulfil every criterion, by id, and does each new one have a test that could fail?',
  'Does it fit into the code that is there, and is there a plainly simpler way?',
  'What does it cost on large input, and what can hostile input do?',
];

const changeMethod = [
  'First pass, correctness and performance: wrong results, missed cases, errors that are lost, work that grows faster than it must.',
  'Second pass, security: input that is not trusted and reaches a command, a path, a query, a pattern or a page.',
  'Third pass, contract and tests: criteria that are not met, signatures and behaviour that callers rely on, tests that were weakened or could not fail, documentation that is wrong now.',
];

const boundaries = [
  'You read; you change no file. Tests, coverage and scans are measured by others: do not guess their results.',
  'Quote the text a finding is about exactly. No finding about taste, and none you cannot explain the consequence of.',
  'At most ten findings, the worst first; an empty list is a good review. high and critical are for what must not be delivered so.',
];

const designOutcome = 'Call submit_review once. approved: false sends the design back; say why in at least one finding.';
const changeOutcome = 'Call submit_review once, with the findings.';

function describeDiff(diff: Diff | undefined): string {
  if (diff === undefined) return '# Change\nThe diff is not available here.';
  if (diff.text.length <= diffLimit && !diff.isCut) return `# Change\n${diff.text === '' ? 'Nothing was changed.' : diff.text}`;
  return `# Change\n${diff.text.slice(0, diffLimit)}\n\nThis is not the whole diff. See the rest file by file with the tool diff and a path.`;
}

function list(items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join('\n');
}
