export type { Agent, Artifact, Evidence, Finding, Json, Result, RevisionRequest, Task, Tool } from '@fw/agents-core';
export type { ModelRegistry, Usage } from '@fw/models';
export { renderGateReport } from '@fw/testing';
export type { GateReport, ReportVerification, Validator, Verdict } from '@fw/testing';
export type { AgentSource, HostedRun, JournalStore, RunHandle, RunHost, WorkflowEngine } from '@fw/workflow';
export { parseConfig } from './config.ts';
export type { Budget, Config, EngineConfig, McpConfig, ModelAlias, ProviderConfig, WorkflowConfig } from './config.ts';
export { createFramework } from './create-framework.ts';
export type { FrameworkOptions } from './create-framework.ts';
export { diagnose } from './diagnose.ts';
export type { Diagnosis } from './diagnose.ts';
export type { EngineFactory, EngineParts } from './engines.ts';
export { exitCodeOf } from './exit-code.ts';
export { FrameworkError } from './framework-error.ts';
export type { FrameworkErrorCode } from './framework-error.ts';
export type {
  Answer, ExecuteOptions, ForkRunOptions, Framework, ImportOptions, JudgeOptions, OpenQuestion, PluginSummary, Pruned, PruneOptions, Replay, Run, RunArchive, RunDetails, RunLogLine, RunResult, RunSummary, StateSummary, Stats, TaskInput, VerifyOptions, WorkOptions,
} from './framework.ts';
export { loadConfig } from './load-config.ts';
export type { LoadConfigOptions, LoadedConfig } from './load-config.ts';
export { openModels } from './model-registry.ts';
export type { OpenModels, OpenModelsOptions } from './model-registry.ts';
export type { PluginCapabilities } from './plugin-contributions.ts';
export type { RunReport } from './report.ts';
export type { RunEnding, RunEvent, RunEventBody, RunEventHead } from './run-event.ts';
export { defineWorkflow, softwareDelivery, workflowDiagram } from '@fw/workflow';
export type { WorkflowDefinition } from '@fw/workflow';
