export type { Agent, AgentContext, AgentHost, Artifact, Finding, Result, RevisionRequest, Severity, Task, TaskView } from '@fw/agents-core';
export { reviewerPrompt } from './prompt.ts';
export type { ReviewerPromptInput } from './prompt.ts';
export type { Diff } from './read-diff.ts';
export { createReviewerAgent } from './reviewer.ts';
export type { ReviewerOptions, SubjectByState } from './reviewer.ts';
export { reviewSchema } from './review.ts';
export type { Review, ReviewSubject } from './review.ts';
