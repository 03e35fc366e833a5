export type { Clock } from './clock.ts';
export { createModel } from './create-model.ts';
export { withFallback } from './fallback.ts';
export type { FallbackEvent, FallbackOptions } from './fallback.ts';
export type { Json, JsonObject, JsonSchema } from './json.ts';
export type {
  CallOptions, FinishReason, Message, Model, ModelCall, ModelEvent, ModelProvider, ModelRequest, ModelResponse, Part, ToolCall, ToolSpec,
} from './model.ts';
export { ModelError } from './model-error.ts';
export type { FailureKind, ModelErrorCode, ModelErrorOptions, PartialAnswer } from './model-error.ts';
export type { Attempt, AttemptFailure, Receipt } from './receipt.ts';
export { createModelRegistry } from './registry.ts';
export type { AttemptEvent, Explanation, ModelEntry, ModelRegistry, ModelRegistryEvents, ModelRegistryOptions } from './registry.ts';
export type { ModelBudget, ModelConfig, ModelLimits } from './registry-config.ts';
export { withRetry } from './retry.ts';
export type { RetryOptions } from './retry.ts';
export { addUsage, noUsage } from './usage.ts';
export type { Usage } from './usage.ts';
