import type { Json, RunStep } from '@fw/framework';
import { plainLine, plainText } from './plain-text.ts';

/** One step for a reader: what it was asked with, and what it gave, whole. */
export function describeStep(step: RunStep, input: Json): string {
  const { seq, key, at, code, message = '', output } = step;
  const failure = code === undefined ? '' : `  ${plainLine(code, 60)}: ${plainLine(message, 2_000)}`;
  return [`${String(seq)}  ${plainLine(key, 500)}  ${new Date(at).toISOString()}${failure}`, ...section('Asked with', input), ...section('Gave', output)].join('\n') + '\n';
}

function section(title: string, value: Json): string[] {
  if (value === null) return [];
  const messages = isObject(value) && Array.isArray(value['messages']) ? value['messages'] as readonly Json[] : undefined;
  if (messages === undefined) return ['', title, indent(pretty(value))];
  const { messages: _messages, ...rest } = value as { readonly [name: string]: Json };
  return ['', title, ...messages.flatMap(describeMessage), ...Object.entries(rest).flatMap(([name, member]) => [`  [${plainLine(name, 60)}]`, indent(pretty(member))])];
}

function describeMessage(message: Json): string[] {
  if (!isObject(message)) return [indent(pretty(message))];
  const { role, content } = message;
  const parts = Array.isArray(content) ? content as readonly Json[] : [content ?? null];
  return [`  [${plainLine(String(role), 20)}]`, ...parts.map((part) => indent(describePart(part)))];
}

function describePart(part: Json): string {
  if (!isObject(part)) return pretty(part);
  const { type, text, name, content, arguments: given } = part;
  if (type === 'text' || type === 'reasoning') return pretty(text ?? '');
  if (type === 'tool-call') return `→ ${String(name)} ${JSON.stringify(given)}`;
  if (type === 'tool-result') return `← ${pretty(content ?? '')}`;
  return pretty(part);
}

const isObject = (value: Json): value is { readonly [name: string]: Json } => value !== null && typeof value === 'object' && !Array.isArray(value);
const pretty = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value, null, 2));
const indent = (text: string): string => plainText(text).replace(/^(?=.)/gm, '    ');
