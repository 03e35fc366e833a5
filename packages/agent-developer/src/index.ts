export type { Agent, AgentContext, AgentHost, Artifact, Result, RevisionRequest, Task, TaskView } from '@fw/agents-core';
export { changeSchema } from './change.ts';
export type { AddedTest, Change, CriterionReport, RequestAnswer, TestRun, TouchedTest } from './change.ts';
export { createDeveloperAgent } from './developer.ts';
export { developerPrompt } from './prompt.ts';
export type { DeveloperPromptInput } from './prompt.ts';
