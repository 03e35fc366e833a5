import { createArtifact, drawTag, runLoop } from '@fw/agents-core';
import type { Agent, AgentContext, Finding, Json, Result, RevisionRequest, TerminalTool } from '@fw/agents-core';
import { passes } from './passes.ts';
import { designPrompt } from './prompt.ts';
import { promptHash } from './prompt-hash.ts';
import { noneDropped } from './review.ts';
import type { Review, ReviewSubject } from './review.ts';
import { reviewChange } from './review-change.ts';
import { designInput } from './review-input.ts';
import type { ReviewInput } from './review-input.ts';
import { reproduceTool } from './reproduction.ts';
import { mostFindings, worstFirst } from './settle-findings.ts';
import { version } from './version.ts';

/** What is reviewed in which state. */
export type SubjectByState = { readonly [state: string]: ReviewSubject };

export interface ReviewerOptions {
  /** Default: the design in `design`, the change in `validation` and `review`. */
  readonly states?: SubjectByState;
  /** What validators have measured of the change; default nothing. Asked once for each review, and has to say the same whenever a run is resumed. */
  readonly checks?: (context: AgentContext) => readonly Finding[];
  /** How many passes look at a change, the first of `passes`; default all. Has to say the same whenever a run is resumed. */
  readonly passes?: (context: AgentContext) => number;
}

const name = 'reviewer';
const readingTools = ['list_files', 'search', 'read_file', 'symbols', 'diff'];

/**
 * The agent that reviews designs and changes. Its word can hold work back and passes nothing. A state it has nothing
 * to review in ends failed with `FW_REVIEWER_STATE`, a model that gets to no outcome with the code of the loop.
 */
export function createReviewerAgent(options: ReviewerOptions = {}): Agent {
  return { specVersion: 1, name, version, fingerprint: promptHash(), capabilities: ['review-design', 'review'], process: (context) => work(context, options) };
}

async function work(context: AgentContext, { states = { design: 'design', validation: 'change', review: 'change' }, checks = () => [], passes: count = () => passes.length }: ReviewerOptions): Promise<Result> {
  const subject = Object.hasOwn(states, context.state) ? states[context.state] : undefined;
  if (subject === undefined) {
    return { status: 'failed', artifacts: [], code: 'FW_REVIEWER_STATE', message: `The reviewer has nothing to review in state "${context.state}". Known: ${Object.keys(states).join(', ')}. Map the state with createReviewerAgent({ states }).` };
  }
  const offered = subject === 'design' ? readingTools : [...readingTools, reproduceTool];
  const tools = offered.filter((tool) => context.tools.list.some((known) => known.name === tool));
  const review = subject === 'design' ? await reviewDesign(context, tools) : await reviewChange(context, tools, checks(context), passes.slice(0, Math.max(1, count(context))));
  if (!('subject' in review)) return { status: 'failed', artifacts: [], ...review };

  const artifact = createArtifact(context, { name, version }, { kind: 'review', title: `Review of the ${subject}`, schema: 'review@1', content: review as unknown as Json });
  const blocking = review.findings.filter(({ severity }) => severity === 'high' || severity === 'critical');
  const reasons = subject === 'design' && !review.approved && blocking.length === 0 ? review.findings : blocking;
  const request = (what: string, where?: RevisionRequest['where']): RevisionRequest => ({ id: context.id(), what, ...(where === undefined ? {} : { where }), evidence: [artifact.id] });
  const requests = reasons.map((finding) => request(describe(finding), placeOf(finding)));
  if (subject === 'design' && !review.approved && requests.length === 0) requests.push(request('The design was not approved; the review gives no reason.'));
  return requests.length > 0 ? { status: 'revise', artifacts: [artifact], requests } : { status: 'done', artifacts: [artifact] };
}

/** One pass over criteria and design: there are no lines yet that a finding could stand on. */
async function reviewDesign(context: AgentContext, tools: readonly string[]): Promise<Review | { readonly code: string; readonly message: string }> {
  const { task, artifacts, requests } = context;
  const { system, prompt } = designPrompt({ tools, tag: drawTag(context), task, artifacts, requests });
  const result = await runLoop(context, { system, prompt, tools, terminal: [submitDesignReview()] });
  if (result.status !== 'submitted') return { code: result.code, message: result.message };
  const input = result.input as unknown as ReviewInput;
  const kept = worstFirst(input.findings).slice(0, mostFindings);
  return {
    subject: 'design',
    approved: input.approved && kept.every(({ severity }) => severity !== 'high' && severity !== 'critical'),
    findings: kept.map(({ category, severity, message, suggestion, file, line, quote }) => ({
      source: 'reviewer', rule: 'design', category, severity, file, line, message, ...(suggestion === undefined ? {} : { suggestion }), isNew: true, quote, confirmedBy: [],
    })),
    dropped: { ...noneDropped, surplus: input.findings.length - kept.length },
    passes: [],
    cut: [],
  };
}

function submitDesignReview(): TerminalTool<typeof designInput> {
  let asked = false;
  return {
    name: 'submit_review',
    description: 'Hands in the review and ends it.',
    input: designInput,
    check(input: ReviewInput) {
      if (input.approved || input.findings.length > 0 || asked) return undefined;
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
