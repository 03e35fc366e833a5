export type { Agent, AgentSource, AttachOptions, ForkOptions, HandleFailure, HostedRun, JournalStore, Json, Pruned, PruneOptions, Replay, RunHandle, RunHost, RunStatus, RunSummary, StartOptions, WorkflowDefinition, WorkflowEngine } from '@fw/workflow';
export type { RestateAddress } from './restate-client.ts';
export { createRestateEngine } from './restate-engine.ts';
export type { RestateEngine, RestateEngineOptions } from './restate-engine.ts';
export type { RestateWorkerOptions } from './restate-worker-options.ts';
