import type { Json } from '@fw/agents-core';
import type { Message, ModelRequest, ModelResponse, Part } from '@fw/models';

type Redact = (value: Json) => Json;

const longest = 65_536;

/** Messages in the form of the conventions, as JSON text: attributes of spans are no objects. */
export function inputOf(request: Pick<ModelRequest, 'messages'>, redact: Redact): { readonly system: string | undefined; readonly messages: string } {
  const system = request.messages.filter(({ role }) => role === 'system').flatMap(partsOf);
  const messages = request.messages.filter(({ role }) => role !== 'system').map((message) => ({ role: message.role, parts: partsOf(message) }));
  return { system: system.length === 0 ? undefined : textOf(system, redact), messages: textOf(messages, redact) };
}

export function outputOf({ message, finishReason }: Pick<ModelResponse, 'message' | 'finishReason'>, redact: Redact): string {
  return textOf([{ role: 'assistant', parts: partsOf(message), finish_reason: finishReason }], redact);
}

/** Any JSON, without secrets and not endless. */
export function textOf(value: unknown, redact: Redact): string {
  const text = JSON.stringify(redact(JSON.parse(JSON.stringify(value ?? null)) as Json));
  return text.length > longest ? `${text.slice(0, longest).toWellFormed()} …` : text;
}

function partsOf({ content }: Message): readonly object[] {
  return typeof content === 'string' ? [{ type: 'text', content }] : content.map(partOf);
}

function partOf(part: Part): object {
  if (part.type === 'text') return { type: 'text', content: part.text };
  if (part.type === 'reasoning') return { type: 'reasoning', content: part.text };
  if (part.type === 'tool-call') return { type: 'tool_call', id: part.id, name: part.name, arguments: part.arguments };
  if (part.type === 'tool-result') return { type: 'tool_call_response', id: part.id, result: part.content };
  return { type: part.type, mime_type: part.mediaType };
}
