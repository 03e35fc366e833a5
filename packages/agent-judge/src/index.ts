export type { Agent, AgentContext, AgentHost, Artifact, BlobRef, DurableContext, Evidence, Json, Result, RevisionRequest, StepKey, Task, Workspace } from '@fw/agents-core';
export type { GateLevel, GateName, GateResult, GateStatus, Policy, Verdict } from '@fw/testing';
export { createJudgeAgent } from './judge-agent.ts';
export type { JudgeAgentOptions } from './judge-agent.ts';
export { verdictSchema } from './verdict-schema.ts';
