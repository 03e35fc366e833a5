export { createTelemetry } from './telemetry/create-telemetry.ts';
export type { OpenTelemetryApi, TelemetryOptions } from './telemetry/create-telemetry.ts';
export { attributes, conventions, metricNames } from './telemetry/conventions.ts';
export type { RanCommand, RunListener, RunWatch, StepWatch, WatchedRun, WatchedScope, WatchedStep } from './run-watch.ts';
