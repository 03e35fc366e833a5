import type { JsonObject } from '../json.ts';
import type { Message, ModelRequest, Part } from '../model.ts';
import { fieldsOf } from '../wire/json-fields.ts';
import { isUrl, misplaced, partsOf, textOf } from '../wire/message-parts.ts';
import { sentArguments, sentName } from '../wire/sent-call.ts';
import { isMadeUp } from './call-id.ts';

/** What both of Google's SDKs take, in the words of the service. */
export interface GoogleRequest {
  readonly contents: readonly JsonObject[];
  readonly systemInstruction: JsonObject | undefined;
  readonly tools: readonly JsonObject[] | undefined;
  readonly toolConfig: JsonObject | undefined;
  readonly generationConfig: JsonObject;
}

/** @throws ModelError FW_MODEL_INVALID for a part in a message whose role cannot say it. */
export function googleRequest(request: ModelRequest, model: string): GoogleRequest {
  const { messages, tools, toolChoice, output, maxOutputTokens, temperature, stop } = request;
  const system = messages.filter((message) => message.role === 'system').map(textOf).filter((text) => text !== '').join('\n\n');
  const offered = tools !== undefined && tools.length > 0;
  return {
    contents: messages.flatMap(turn),
    systemInstruction: system === '' ? undefined : { role: 'user', parts: [{ text: system }] },
    tools: offered ? [{ functionDeclarations: tools.map((tool) => ({ name: tool.name, description: tool.description, parametersJsonSchema: tool.inputSchema })) }] : undefined,
    toolConfig: offered && toolChoice !== undefined ? { functionCallingConfig: choice(toolChoice) } : undefined,
    generationConfig: {
      ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
      ...(temperature === undefined ? {} : { temperature }),
      ...(stop === undefined || stop.length === 0 ? {} : { stopSequences: stop }),
      ...(output === undefined ? {} : { responseMimeType: 'application/json', responseJsonSchema: output.schema }),
      ...thinking(request.reasoning, model),
    },
  };
}

const budgets = { low: 1_024, medium: 8_192, high: 24_576 } as const;

/** Models before Gemini 3 know budgets, later ones levels. */
function thinking(reasoning: ModelRequest['reasoning'], model: string): JsonObject {
  if (reasoning === undefined) return {};
  if (!('effort' in reasoning)) return { thinkingConfig: { includeThoughts: true, thinkingBudget: reasoning.budgetTokens } };
  const how = /gemini-[12]\b/.test(model) ? { thinkingBudget: budgets[reasoning.effort] } : { thinkingLevel: reasoning.effort.toUpperCase() };
  return { thinkingConfig: { includeThoughts: true, ...how } };
}

function choice(toolChoice: NonNullable<ModelRequest['toolChoice']>): JsonObject {
  if (typeof toolChoice === 'object') return { mode: 'ANY', allowedFunctionNames: [toolChoice.name] };
  return { mode: { auto: 'AUTO', none: 'NONE', required: 'ANY' }[toolChoice] };
}

function turn(message: Message): JsonObject[] {
  if (message.role === 'system') return [];
  const signatures = new Map(partsOf(message).flatMap((part) => callSignature(part)));
  const parts = partsOf(message).flatMap((part) => partBody(part, message, signatures));
  return parts.length === 0 ? [] : [{ role: message.role === 'assistant' ? 'model' : 'user', parts }];
}

function partBody(part: Part, message: Message, signatures: ReadonlyMap<string, string>): JsonObject[] {
  if (message.role === 'tool' && part.type !== 'tool-result') throw misplaced(part, message);
  switch (part.type) {
    case 'text': return part.text === '' ? [] : [{ text: part.text }];
    case 'image': case 'file': return [isUrl(part.data) ? { fileData: { mimeType: part.mediaType, fileUri: part.data } } : { inlineData: { mimeType: part.mediaType, data: part.data } }];
    case 'reasoning': return message.role === 'assistant' ? thought(part.text, fieldsOf(part.opaque)) : [];
    case 'tool-call': {
      if (message.role !== 'assistant') throw misplaced(part, message);
      const signature = signatures.get(part.id);
      return [{ functionCall: { ...idOf(part.id), name: sentName(part.name), args: sentArguments(part.arguments) }, ...(signature === undefined ? {} : { thoughtSignature: signature }) }];
    }
    case 'tool-result': {
      if (message.role !== 'tool') throw misplaced(part, message);
      const plain = typeof part.content === 'object' && part.content !== null && !Array.isArray(part.content);
      const response = part.isError === true ? { error: part.content } : plain ? part.content : { result: part.content };
      return [{ functionResponse: { ...idOf(part.id), name: sentName(part.name), response } }];
    }
  }
}

/** A signature that came with a function call goes back with that call. */
function callSignature(part: Part): [id: string, signature: string][] {
  const { signature, call } = fieldsOf(part.type === 'reasoning' ? part.opaque : undefined);
  return typeof signature === 'string' && typeof call === 'string' ? [[call, signature]] : [];
}

function thought(text: string, { signature, call }: { readonly [name: string]: unknown }): JsonObject[] {
  // Summaries of thoughts are not asked back; a signature without a call rides on a part of its own.
  if (typeof signature !== 'string' || call !== undefined) return [];
  return [text === '' ? { text: '', thoughtSignature: signature } : { text, thought: true, thoughtSignature: signature }];
}

function idOf(id: string): { readonly id?: string } {
  return isMadeUp(id) ? {} : { id };
}
