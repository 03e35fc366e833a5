import type { Json, JsonObject, JsonSchema } from './json.ts';
import type { Attempt, Receipt } from './receipt.ts';
import type { Usage, UsageRound } from './usage.ts';
import type { FailureKind } from './model-error.ts';

/** One call of a model, as plain data. The same for every provider. */
export interface ModelRequest {
  readonly messages: readonly Message[];
  readonly tools?: readonly ToolSpec[];
  readonly toolChoice?: 'auto' | 'none' | 'required' | { readonly name: string };
  /** Asks for JSON that fits the schema; the response carries it as `output`. */
  readonly output?: { readonly name: string; readonly schema: JsonSchema };
  readonly maxOutputTokens?: number;
  readonly temperature?: number;
  readonly stop?: readonly string[];
  readonly reasoning?: { readonly effort: 'low' | 'medium' | 'high' } | { readonly budgetTokens: number };
  /** Passed to the provider of that name as it is. */
  readonly providerOptions?: { readonly [provider: string]: JsonObject };
}

export interface Message {
  readonly role: 'system' | 'user' | 'assistant' | 'tool';
  readonly content: string | readonly Part[];
}

export type Part =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'image' | 'file'; readonly mediaType: string; /** Base64, or a URL. */ readonly data: string }
  | { readonly type: 'tool-call'; readonly id: string; readonly name: string; readonly arguments: Json }
  | { readonly type: 'tool-result'; readonly id: string; readonly name: string; readonly content: Json; readonly isError?: boolean }
  | { readonly type: 'reasoning'; readonly text: string; /** A provider's signature, given back to it alone. */ readonly opaque?: Json };

export interface ToolSpec {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: JsonSchema;
}

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  readonly arguments: Json;
}

export type FinishReason = 'stop' | 'length' | 'tool-calls' | 'content-filter' | 'other';

/**
 * What a provider streams, in order: `start`, content, `usage`, `finish`. `raw` is the provider's own word.
 * A `usage` event replaces the one before it.
 */
export type ModelEvent =
  | { readonly type: 'start'; readonly model: string; readonly attempt: number }
  | { readonly type: 'text' | 'reasoning'; readonly delta: string }
  /** A reasoning part's opaque signature, when the provider sends one. */
  | { readonly type: 'signature'; readonly opaque: Json }
  | { readonly type: 'tool-call'; readonly id: string; readonly name: string; readonly arguments: Json }
  | { readonly type: 'usage'; readonly usage: Usage; /** Where a service worked in several rounds: they are priced one by one. */ readonly rounds?: readonly UsageRound[] }
  | { readonly type: 'restart'; readonly reason: FailureKind }
  | { readonly type: 'finish'; readonly reason: FinishReason; readonly raw: string };

export interface ModelResponse {
  readonly text: string;
  readonly reasoning: string;
  readonly toolCalls: readonly ToolCall[];
  readonly output?: Json;
  /** The answer as a message, ready to be appended to the conversation. */
  readonly message: Message;
  readonly finishReason: FinishReason;
  readonly usage: Usage;
  /** As the provider named it. */
  readonly model: string;
  readonly receipt: Receipt;
}

/** Given to a provider with each call. */
export interface ModelCall {
  /** The provider's own name of the model, without provider and version. */
  readonly model: string;
  /** The same for every attempt of one call: an idempotency key. */
  readonly key: string;
  /** 1 for the first attempt of this call. */
  readonly attempt: number;
  /** Which of the provider's keys to use, counted from 0. Default 0. */
  readonly keyIndex?: number;
  readonly signal: AbortSignal;
  onHeaders(headers: { readonly [name: string]: string }): void;
}

/** Talks to one service. The one call path; limits, retry, fallback and books are wrappers around it. */
export interface ModelProvider {
  readonly specVersion: 1;
  readonly name: string;
  /** Answers come from a script, not from a model; they cost nothing and nothing real falls back to them. */
  readonly simulated?: true;
  /** How many keys it was given; a call chooses one by its `keyIndex`. Absent: one, or none needed. */
  readonly keys?: number;
  /** Rejects with an error; a stream that ends without `finish` counts as truncated. */
  stream(request: ModelRequest, call: ModelCall): AsyncIterable<ModelEvent>;
}

/** Whose call it is: names and values of one's own, of which `run` and `agent` are known everywhere. */
export interface CallScope {
  readonly run?: string | undefined;
  readonly agent?: string | undefined;
  readonly [name: string]: string | undefined;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Whose books the call is written to. */
  readonly scope?: CallScope;
  /** The idempotency key of the call; the registry makes one when absent. */
  readonly key?: string;
  /** Called with every event as it arrives; `generate` only. */
  readonly onEvent?: (event: ModelEvent) => void;
  /** Called once for every attempt when it is over, however it ended. */
  readonly onAttempt?: (attempt: Attempt) => void;
  /** Number of the first attempt, default 1; wrappers that try again pass it down. */
  readonly attempt?: number;
  /** Ids of models that this call must not be sent to; wrappers that try again pass it down. */
  readonly skip?: readonly string[];
  /** How long it may wait for room in the limits of one model; a call with another model to go to waits shorter. */
  readonly maxWaitMs?: number;
  /** Calls with a higher number leave a queue first. Default 0. */
  readonly priority?: number;
  /** Which of the provider's keys to use; the wrapper that rotates keys passes it down. */
  readonly keyIndex?: number;
  /** The most that one attempt may use, as set aside for it; booked when the service does not say what it used. */
  readonly reserved?: Usage;
  /** Called with the headers of an answer, where the provider sees them. */
  readonly onHeaders?: (headers: { readonly [name: string]: string }) => void;
}

/** A model that is ready to be called. */
export interface Model {
  readonly specVersion: 1;
  /** `provider/name@version`. */
  readonly id: string;
  readonly simulated?: true;
  /** @throws ModelError with a `FW_MODEL_…` code. */
  generate(request: ModelRequest, options?: CallOptions): Promise<ModelResponse>;
  stream(request: ModelRequest, options?: CallOptions): AsyncIterable<ModelEvent>;
}
