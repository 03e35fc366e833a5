export type { Clock } from './clock.ts';
export { createModel } from './create-model.ts';
export type { CreateModelOptions } from './create-model.ts';
export { withFallback } from './fallback.ts';
export type { FallbackEvent, FallbackOptions } from './fallback.ts';
export type { Json, JsonObject, JsonSchema } from './json.ts';
export type { BudgetNode, BudgetRefusal, Ledger, LedgerLine, Reservation, ReserveAnswer } from './ledger.ts';
export { memoryLedger } from './memory-ledger.ts';
export type { ModelCapability, ModelCard } from './model-card.ts';
export type {
  CallOptions, CallScope, FinishReason, Message, Model, ModelCall, ModelEvent, ModelProvider, ModelRequest, ModelResponse, Part, ToolCall, ToolSpec,
} from './model.ts';
export { ModelError } from './model-error.ts';
export type { FailureKind, ModelErrorCode, ModelErrorOptions, PartialAnswer } from './model-error.ts';
export type { ModelPrice, TokenPrices } from './price.ts';
export { bundledPrices } from './prices.ts';
export type { Prices } from './prices.ts';
export type { Attempt, AttemptFailure, Receipt } from './receipt.ts';
export type { ModelReference } from './reference.ts';
export { createModelRegistry } from './registry.ts';
export type { AttemptEvent, Explanation, ModelEntry, ModelRegistry, ModelRegistryEvents, ModelRegistryOptions } from './registry.ts';
export type { ModelBudget, ModelConfig, ModelLimits } from './registry-config.ts';
export { withRetry } from './retry.ts';
export type { RetryOptions } from './retry.ts';
export { addUsage, noUsage } from './usage.ts';
export type { Usage } from './usage.ts';
export { withLedger } from './with-ledger.ts';
export type { BudgetEvent, LedgerOptions } from './with-ledger.ts';
