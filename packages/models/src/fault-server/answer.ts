import type { Json, JsonObject } from '../json.ts';
import type { FinishReason } from '../model.ts';
import type { FailureKind } from '../model-error.ts';

/** What the server says to one request: something healthy, an error, or raw bytes, and what goes wrong on the way. */
export interface FaultAnswer extends FaultContent, FaultTransport {
  /** An error in the service's own words and status, instead of an answer. */
  readonly error?: FaultError;
  /** An event that says the same in the middle of the stream, behind all content. */
  readonly errorEvent?: FaultError;
  /** This instead of anything else. */
  readonly raw?: { readonly status?: number; readonly contentType?: string; readonly body: string };
}

/** A healthy answer, in the order reasoning, text, tool calls. */
export interface FaultContent {
  readonly reasoning?: string;
  /** Closes the reasoning; the default is none. */
  readonly signature?: string;
  /** A list is sent piece by piece; a string in two halves. */
  readonly text?: string | readonly string[];
  readonly toolCalls?: readonly FaultToolCall[];
  /** The service declines, with these words. */
  readonly refusal?: string;
  /** `none` leaves the finish out: the stream ends as if all had been said. Default `tool-calls` or `stop`. */
  readonly finish?: FinishReason | 'none';
  /** `none` leaves the usage out. Default: characters ÷ 4 of the request and the answer. */
  readonly usage?: ServedUsage | 'none';
  /** How the service names the model. Default as it was asked for. */
  readonly model?: string;
}

export interface FaultToolCall {
  /** `''` leaves it out. */
  readonly id?: string;
  readonly name: string;
  /** A string is sent as it is, broken or not. Default `{}`. */
  readonly arguments?: Json;
}

/** What the request cost, in normal form: cached tokens inside the input, reasoning inside the output. */
export interface ServedUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens?: number;
  readonly cacheWriteTokens?: number;
  readonly reasoningTokens?: number;
}

export interface FaultError {
  /** Worded as this service words it. */
  readonly failure: Exclude<FailureKind, 'network' | 'truncated' | 'protocol' | 'malformed' | 'cancelled' | 'budget'>;
  readonly message?: string;
  /** Replaces the status that belongs to the failure. */
  readonly status?: number;
  /** Said where this service says it: a header, or a field of the body. */
  readonly retryAfterMs?: number;
  /** More fields of the error. */
  readonly fields?: JsonObject;
}

/** What happens to the bytes. Positions count bytes of the body. */
export interface FaultTransport {
  readonly headers?: { readonly [name: string]: string };
  /** Before the status line. */
  readonly delayMs?: number;
  /** Between two events. */
  readonly gapMs?: number;
  /** The connection is destroyed after so many bytes. */
  readonly cutAt?: number;
  /** The body ends properly after so many bytes. */
  readonly endAt?: number;
  /** Nothing more is sent after so many bytes, and the connection stays open. */
  readonly stallAt?: number;
  /** Never ends the body after its last event. */
  readonly keepOpen?: boolean;
  /** The bytes leave in pieces of this size, through the middle of characters. */
  readonly chunkBytes?: number;
  /** Lines end with CRLF. */
  readonly crlf?: boolean;
  /** A comment stands before every event. */
  readonly comments?: boolean;
  /** An event that no client knows stands before every other one. */
  readonly unknownEvents?: boolean;
  /** Changes the events before they are sent: doubles, splices, reorders, breaks them. */
  readonly edit?: (events: readonly string[]) => readonly string[];
}
