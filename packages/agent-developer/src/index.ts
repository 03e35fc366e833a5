export type { Agent, AgentContext, AgentHost, Artifact, Result, RevisionRequest, Task, TaskView } from '@fw/agents-core';
export { changeSchema } from './change.ts';
export type { Change, CriterionReport, TestRun } from './change.ts';
export { createDeveloperAgent } from './developer.ts';
export { developerPrompt } from './prompt.ts';
export type { DeveloperPromptInput } from './prompt.ts';
