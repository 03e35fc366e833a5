import { createArtifact, runLoop } from '@fw/agents-core';
import type { Agent, AgentContext, Finding, Json, Result, RevisionRequest, TerminalTool } from '@fw/agents-core';
import { checkFindings } from './check-findings.ts';
import { reviewerPrompt } from './prompt.ts';
import { readDiff } from './read-diff.ts';
import { reviewInput } from './review.ts';
import type { Review, ReviewInput, ReviewSubject } from './review.ts';
import { version } from './version.ts';

/** What is reviewed in which state. */
export type SubjectByState = { readonly [state: string]: ReviewSubject };

export interface ReviewerOptions {
  /** Default: the design in `design`, the change in `validation`. */
  readonly states?: SubjectByState;
}

const name = 'reviewer';
const readingTools = ['list_files', 'search', 'read_file', 'symbols', 'diff'];

/**
 * The agent that reviews designs and changes. Its word can hold work back and passes nothing. A state it has nothing
 * to review in ends failed with `FW_REVIEWER_STATE`, a model that gets to no outcome with the code of the loop.
 */
export function createReviewerAgent(options: ReviewerOptions = {}): Agent {
  const states = options.states ?? { design: 'design', validation: 'change' };
  return { specVersion: 1, name, version, capabilities: ['review-design', 'review'], process: (context) => work(context, states) };
}

async function work(context: AgentContext, states: SubjectByState): Promise<Result> {
  const subject = Object.hasOwn(states, context.state) ? states[context.state] : undefined;
  if (subject === undefined) {
    return { status: 'failed', artifacts: [], code: 'FW_REVIEWER_STATE', message: `The reviewer has nothing to review in state "${context.state}". Known: ${Object.keys(states).join(', ')}. Map the state with createReviewerAgent({ states }).` };
  }
  const tools = readingTools.filter((tool) => context.tools.list.some((known) => known.name === tool));
  const diff = subject === 'change' ? await readDiff(context) : undefined;
  const { system, prompt } = reviewerPrompt({ subject, tools, diff, task: context.task, artifacts: context.artifacts, requests: context.requests });
  const result = await runLoop(context, { system, prompt, tools, terminal: [submitReview(subject)] });
  if (result.status !== 'submitted') return { status: 'failed', artifacts: [], code: result.code, message: result.message };

  const input = reviewInput.parse(result.input);
  const findings = await checkFindings(context, input.findings, subject === 'design' ? 'not-needed' : diff);
  const blocking = findings.filter(({ severity }) => severity === 'high' || severity === 'critical');
  const review: Review = { subject, approved: input.approved && blocking.length === 0, findings, dropped: input.findings.length - findings.length };
  const artifact = createArtifact(context, { name, version }, { kind: 'review', title: `Review of the ${subject}`, schema: 'review@1', content: review as unknown as Json });
  const reasons = subject === 'design' && !input.approved && blocking.length === 0 ? findings : blocking;
  const request = (what: string, where?: RevisionRequest['where']): RevisionRequest => ({ id: context.id(), what, ...(where === undefined ? {} : { where }), evidence: [artifact.id] });
  const requests = reasons.map((finding) => request(describe(finding), placeOf(finding)));
  if (subject === 'design' && !input.approved && requests.length === 0) requests.push(request('The design was not approved; the review gives no reason.'));
  return requests.length > 0 ? { status: 'revise', artifacts: [artifact], requests } : { status: 'done', artifacts: [artifact] };
}

function submitReview(subject: ReviewSubject): TerminalTool<typeof reviewInput> {
  let asked = false;
  return {
    name: 'submit_review',
    description: 'Hands in the review and ends it.',
    input: reviewInput,
    check(input: ReviewInput) {
      if (subject !== 'design' || input.approved || input.findings.length > 0 || asked) return undefined;
      asked = true;
      return 'The design is not approved, but no finding says why. Call submit_review again with at least one finding, or approve it.';
    },
  };
}

function describe({ message, suggestion }: Finding): string {
  return suggestion === undefined ? message : `${message} Suggestion: ${suggestion}`;
}

function placeOf({ file, line }: Finding): RevisionRequest['where'] {
  if (file === '') return undefined;
  return line > 0 ? { file, line } : { file };
}
