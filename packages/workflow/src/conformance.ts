export { testEngine } from './conformance/test-engine.ts';
export type { EngineFactory } from './conformance/test-engine.ts';
export { testStore } from './conformance/test-store.ts';
export type { StoreUnderTest } from './conformance/test-store.ts';
export type { Agent } from '@fw/agents-core';
export type { JournalStore } from './journal-store.ts';
export type { WorkflowEngine } from './engine.ts';
