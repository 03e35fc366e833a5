import { failedWith } from './failed-with.ts';
import type { CallOptions } from './model.ts';
import { fieldsOf } from './wire/json-fields.ts';

const roles = new Set<unknown>(['system', 'user', 'assistant', 'tool']);
/** What each kind of part must have as text. */
const texts: { readonly [type: string]: readonly string[] } = {
  text: ['text'], reasoning: ['text'], image: ['mediaType', 'data'], file: ['mediaType', 'data'], 'tool-call': ['id', 'name'], 'tool-result': ['id', 'name'],
};

/** Finds what no service could be asked before anything is counted, set aside or sent. @throws ModelError FW_MODEL_INVALID that names the place. */
export function checkRequest(request: unknown, options: CallOptions): void {
  const problem = problemOf(request) ?? problemOfOptions(options);
  if (problem !== undefined) throw failedWith('invalid', `The request cannot be sent: ${problem}.`);
}

function problemOf(request: unknown): string | undefined {
  if (typeof request !== 'object' || request === null) return 'it must be an object with messages';
  const { messages, tools, toolChoice, output, maxOutputTokens, temperature, stop, reasoning, providerOptions } = fieldsOf(request);
  if (!Array.isArray(messages)) return '"messages" must be a list';
  for (let index = 0; index < messages.length; index += 1) {
    const problem = problemOfMessage(messages[index]);
    if (problem !== undefined) return `messages[${index}] ${problem}`;
  }
  if (tools !== undefined && !(Array.isArray(tools) && tools.every((tool) => isText(fieldsOf(tool)['name']) && isObject(fieldsOf(tool)['inputSchema'])))) return '"tools" must be a list of { name, description, inputSchema }';
  if (toolChoice !== undefined && !(['auto', 'none', 'required'].includes(toolChoice as string) || isText(fieldsOf(toolChoice)['name']))) return '"toolChoice" must be auto, none, required or { name }';
  if (output !== undefined && !(isText(fieldsOf(output)['name']) && isObject(fieldsOf(output)['schema']))) return '"output" must be { name, schema }';
  if (maxOutputTokens !== undefined && !isCount(maxOutputTokens)) return `"maxOutputTokens" must be a whole number above 0, not ${String(maxOutputTokens)}`;
  if (temperature !== undefined && !Number.isFinite(temperature)) return `"temperature" must be a number, not ${String(temperature)}`;
  if (stop !== undefined && !(Array.isArray(stop) && stop.every((text) => typeof text === 'string'))) return '"stop" must be a list of texts';
  if (reasoning !== undefined && !(['low', 'medium', 'high'].includes(fieldsOf(reasoning)['effort'] as string) || isCount(fieldsOf(reasoning)['budgetTokens']))) return '"reasoning" must be { effort: low, medium or high } or { budgetTokens }';
  if (providerOptions !== undefined && !(isObject(providerOptions) && Object.values(fieldsOf(providerOptions)).every((value) => value === undefined || isObject(value)))) return '"providerOptions" must be objects by the names of providers';
  return undefined;
}

function problemOfMessage(message: unknown): string | undefined {
  const { role, content } = fieldsOf(message);
  if (!roles.has(role)) return 'needs the role system, user, assistant or tool';
  if (typeof content === 'string') return undefined;
  if (!Array.isArray(content)) return 'needs text or a list of parts as its content';
  for (let index = 0; index < content.length; index += 1) {
    const part = fieldsOf(content[index]);
    const needed = Object.hasOwn(texts, part['type'] as string) ? texts[part['type'] as string] : undefined;
    if (needed === undefined) return `has a part ${index} of no known type`;
    const missing = needed.find((name) => typeof part[name] !== 'string');
    if (missing !== undefined) return `has a part ${index} of type "${String(part['type'])}" without "${missing}"`;
    if (part['type'] === 'tool-result' && part['content'] === undefined) return `has a part ${index} of type "tool-result" without "content"`;
  }
  return undefined;
}

function problemOfOptions({ signal, maxWaitMs, priority }: CallOptions): string | undefined {
  if (signal !== undefined && typeof (signal as Partial<AbortSignal>).addEventListener !== 'function') return 'its "signal" is no AbortSignal';
  if (maxWaitMs !== undefined && !(maxWaitMs >= 0)) return `its "maxWaitMs" must be a number of milliseconds, not ${String(maxWaitMs)}`;
  return priority !== undefined && !Number.isFinite(priority) ? `its "priority" must be a number, not ${String(priority)}` : undefined;
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) > 0;
}
