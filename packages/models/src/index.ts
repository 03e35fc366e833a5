export type { Json, JsonObject, JsonSchema } from './json.ts';
export type {
  CallOptions, FinishReason, Message, Model, ModelCall, ModelEvent, ModelProvider, ModelRequest, ModelResponse, Part, ToolCall, ToolSpec,
} from './model.ts';
export { ModelError } from './model-error.ts';
export type { FailureKind, ModelErrorCode, ModelErrorOptions } from './model-error.ts';
export type { Attempt, Receipt } from './receipt.ts';
export { addUsage, noUsage } from './usage.ts';
export type { Usage } from './usage.ts';
