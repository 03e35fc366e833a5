import type { Agent } from '@fw/agents-core';
import type { RunHost, WorkflowEngine } from '../engine.ts';

/** Default export of the module that a trial imports in each of its processes: opens the engine under test on what the directory keeps. */
export type OpenCrashSite = (options: CrashSiteOptions) => Promise<{ readonly engine: WorkflowEngine; close(): Promise<void> }>;

export interface CrashSiteOptions {
  /** Of one trial; the same for all of its processes, and empty for the first. */
  readonly directory: string;
  readonly agents: readonly Agent[];
  readonly host: () => RunHost;
  /** To be called after each durable write, where the engine can tell: a place to die at, and who writes. */
  readonly onCommit: () => void;
  /** To be called when the process gives the run back. */
  readonly onRelease: () => void;
}
