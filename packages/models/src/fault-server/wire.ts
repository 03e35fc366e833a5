import type { IncomingHttpHeaders } from 'node:http';
import type { Json, JsonObject } from '../json.ts';
import type { FaultContent, FaultError, ServedUsage } from './answer.ts';

/** How one service words requests, answers and errors. */
export interface Wire {
  /** What a client puts behind the address, so that its requests arrive. */
  readonly basePath: string;
  accepts(path: string): boolean;
  keyOf(headers: IncomingHttpHeaders): string;
  modelOf(path: string, body: JsonObject): string;
  /** The text of the last message. */
  lastText(body: JsonObject): string;
  /** The events of a healthy answer. The last one that tells the usage is marked with it. */
  events(content: SettledContent): readonly string[];
  unknownEvent: string;
  error(error: FaultError): { readonly status: number; readonly headers: { readonly [name: string]: string }; readonly body: JsonObject };
  errorEvent(error: FaultError): string;
  /** The state of the buckets, where this service tells it. */
  limitHeaders(buckets: { readonly [name in 'requests' | 'tokens']?: BucketState }): { readonly [name: string]: string };
}

export interface BucketState {
  readonly size: number;
  readonly remaining: number;
  /** Until it is full. */
  readonly resetMs: number;
}

/** Content with every default filled in. */
export interface SettledContent extends Omit<FaultContent, 'text' | 'toolCalls' | 'usage' | 'model'> {
  readonly pieces: readonly string[];
  readonly toolCalls: readonly { readonly id: string; readonly name: string; readonly arguments: string }[];
  readonly usage: Required<ServedUsage> | undefined;
  readonly model: string;
}

/** One server-sent event; `name` is its `event:` line. */
export function sentEvent(data: Json, name?: string): string {
  return `${name === undefined ? '' : `event: ${name}\n`}data: ${JSON.stringify(data)}\n\n`;
}

/** A text in two pieces, as tool arguments arrive. */
export function halves(text: string): readonly string[] {
  const middle = Math.ceil(text.length / 2);
  return [text.slice(0, middle), text.slice(middle)].filter((piece) => piece !== '');
}

/** All text in a message's content, whatever the service calls its parts. */
export function textIn(content: Json | undefined): string {
  if (typeof content === 'string') return content;
  if (Array.isArray(content)) return content.map(textIn).join('');
  const { text } = (content ?? {}) as JsonObject;
  return typeof text === 'string' ? text : '';
}

/** The last of a list of messages. */
export function lastOf(list: Json | undefined): JsonObject {
  return (Array.isArray(list) ? (list.at(-1) as JsonObject | undefined) : undefined) ?? {};
}
