export { testAgent } from './test-agent.ts';
export type { TestAgentOptions } from './test-agent.ts';
export { createTestContext } from './test-context.ts';
export type { ScriptedAnswer, TestContext, TestContextOptions } from './test-context.ts';
export { createTestRun } from './test-engine.ts';
export type { AgentOutcome, AgentTestRun } from './test-engine.ts';
export { minimalInstance } from './minimal-instance.ts';
