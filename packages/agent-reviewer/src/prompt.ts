import { describeArtifact, describeProject, describeTask, latestArtifact, wrapUntrusted } from '@fw/agents-core';
import type { TaskView } from '@fw/agents-core';
import type { ShownDiff } from './cut-diff.ts';
import type { Pass } from './passes.ts';
import { reproduceTool } from './reproduction.ts';

export interface DesignPromptInput extends TaskView {
  /** Names of the tools that are offered. */
  readonly tools: readonly string[];
  /** What text of the repository stands in; draw it with `drawTag`. */
  readonly tag: string;
}

export interface ChangePromptInput extends DesignPromptInput {
  /** Absent when it cannot be read. */
  readonly diff?: ShownDiff | undefined;
  /** Declarations of the changed files, by file. */
  readonly signatures: readonly { readonly file: string; readonly text: string }[];
  readonly pass: Pass;
}

export interface Prompt {
  readonly system: string;
  readonly prompt: string;
}

/**
 * System prompt and first message of one pass over a change. All passes begin with the same bytes and differ in the
 * last lines alone, so that a service that caches beginnings charges for them once.
 */
export function changePrompt(input: ChangePromptInput): Prompt {
  const { tools, tag, pass, signatures } = input;
  const reading = tools.filter((tool) => tool !== reproduceTool);
  const canRun = tools.includes(reproduceTool);
  const system = [
    'You are a reviewer of a team that changes a software project. You make one pass over the change that was made; what it is about stands at the end of the first message.',
    `# Method\n${list([
      'Go through the added lines one by one; look for what your pass is about, and for nothing else.',
      ...(reading.length === 0 ? [] : [`Read around the change where you have to, with ${reading.join(', ')}.`]),
      ...(canRun ? [`Show what you suspect: ${reproduceTool} runs a command on a copy of the files. Give the words of its output that show it.`] : []),
      'A finding is kept only if its quote stands on a changed line, and if a check, a reproduction or another pass bears it out. high and critical need a reproduction.',
    ])}`,
    `# Boundaries\n${list(boundaries)}`,
    '# Outcome\nCall submit_review once, with the findings of your pass.',
  ].join('\n\n');
  const parts = [
    describeTask(input),
    describeApi(input, tag),
    signatures.length === 0 ? '' : `# Signatures in the changed files\n${signatures.map(({ file, text }) => wrapUntrusted(text, { tag, source: file })).join('\n')}`,
    describeDiff(input),
    `# Your pass: ${pass.name}\n${pass.brief}`,
  ];
  return { system, prompt: parts.filter((part) => part !== '').join('\n\n') };
}

/** System prompt and first message of the review of a design. */
export function designPrompt(input: DesignPromptInput): Prompt {
  const { tools } = input;
  const system = [
    'You are the reviewer of a team that changes a software project. You review the design before it is built.',
    `# Method\n${list([
      'Does it fulfil every criterion, by id, and does each new one have a test that could fail?',
      'Does it fit into the code that is there, and is there a plainly simpler way?',
      'What does it cost on large input, and what can hostile input do?',
      ...(tools.length === 0 ? [] : [`Check what you suspect before you report it, with ${tools.join(', ')}.`]),
    ])}`,
    `# Boundaries\n${list(boundaries)}`,
    '# Outcome\nCall submit_review once. approved: false sends the design back; say why in at least one finding.',
  ].join('\n\n');
  const artifacts = ['requirements', 'analysis', 'design'].flatMap((kind) => latestArtifact(input.artifacts, kind) ?? []);
  return { system, prompt: [describeTask(input), ...artifacts.map(describeArtifact), describeProject(input.artifacts, input.tag)].filter((part) => part !== '').join('\n\n') };
}

const boundaries = [
  'You read; you change no file. Tests, coverage and scans are measured by others: do not guess their results.',
  'Quote the text a finding is about exactly. No finding about taste, and none you cannot explain the consequence of.',
  'At most ten findings, the worst first; an empty list is a good review. high and critical are for what must not be delivered so.',
];

/** What the design says that others will call. */
function describeApi({ artifacts }: TaskView, tag: string): string {
  const { api } = (latestArtifact(artifacts, 'design')?.content ?? {}) as { readonly api?: unknown };
  if (!Array.isArray(api) || api.length === 0) return '';
  return `# Signatures of the design\n${wrapUntrusted(api.map(String).join('\n'), { tag, source: 'design' })}`;
}

function describeDiff({ diff, tag }: ChangePromptInput): string {
  if (diff === undefined) return '# Change\nThe diff is not available here.';
  if (diff.text === '') return '# Change\nNothing was changed.';
  const cut = diff.cut.length === 0 ? '' : `\nNot all of it is shown: ${diff.cut.slice(0, 20).join(', ')}${diff.cut.length > 20 ? ` and ${diff.cut.length - 20} more` : ''}.`;
  return `# Change\n${wrapUntrusted(diff.text, { tag, source: 'diff' })}${cut}`;
}

function list(items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join('\n');
}
