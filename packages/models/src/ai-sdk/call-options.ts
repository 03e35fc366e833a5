import { failedWith } from '../failed-with.ts';
import type { Message, ModelRequest, Part } from '../model.ts';
import { fieldsOf } from '../wire/json-fields.ts';
import { isUrl, misplaced, partsOf, textOf } from '../wire/message-parts.ts';
import type { AiSdkVersion } from './model.ts';

/** The request in the words of the AI SDK. @throws ModelError FW_MODEL_PARAMETER or FW_MODEL_INVALID for what it cannot say. */
export function callOptions(request: ModelRequest, target: { readonly provider: string; readonly version: AiSdkVersion }): { readonly [name: string]: unknown } {
  const { tools, toolChoice, output, maxOutputTokens, temperature, stop, reasoning } = request;
  const providerOptions = request.providerOptions?.[target.provider];
  return {
    prompt: request.messages.map((message) => messageBody(message, target.version)),
    ...(tools === undefined || tools.length === 0 ? {} : { tools: tools.map((tool) => ({ type: 'function', name: tool.name, description: tool.description, inputSchema: tool.inputSchema })) }),
    ...(toolChoice === undefined ? {} : { toolChoice: typeof toolChoice === 'string' ? { type: toolChoice } : { type: 'tool', toolName: toolChoice.name } }),
    ...(output === undefined ? {} : { responseFormat: { type: 'json', schema: output.schema, name: output.name } }),
    ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(stop === undefined || stop.length === 0 ? {} : { stopSequences: stop }),
    ...reasoningOption(reasoning, target),
    ...(providerOptions === undefined ? {} : { providerOptions }),
  };
}

function reasoningOption(reasoning: ModelRequest['reasoning'], target: { readonly provider: string; readonly version: AiSdkVersion }): { readonly reasoning?: string } {
  if (reasoning === undefined) return {};
  if (target.version === 4 && 'effort' in reasoning) return { reasoning: reasoning.effort };
  throw failedWith('parameter', `This model of the AI SDK takes no such reasoning. Say it in its own words, in providerOptions: { "${target.provider}": … }.`);
}

function messageBody(message: Message, version: AiSdkVersion): object {
  if (message.role === 'system') return { role: 'system', content: textOf(message) };
  const calls = new Map(partsOf(message).flatMap((part): [string, unknown][] => {
    const { call, metadata } = fieldsOf(part.type === 'reasoning' ? part.opaque : undefined);
    return typeof call === 'string' ? [[call, metadata]] : [];
  }));
  return { role: message.role, content: partsOf(message).flatMap((part) => partBody(part, message, version, calls)) };
}

function partBody(part: Part, message: Message, version: AiSdkVersion, calls: ReadonlyMap<string, unknown>): object[] {
  if ((message.role === 'tool') !== (part.type === 'tool-result')) throw misplaced(part, message);
  switch (part.type) {
    case 'text': return part.text === '' ? [] : [{ type: 'text', text: part.text }];
    case 'image': case 'file': return [{ type: 'file', mediaType: part.mediaType, data: fileData(part.data, version) }];
    case 'reasoning': {
      const { metadata, call } = fieldsOf(part.opaque);
      if (call !== undefined || (metadata === undefined && part.text === '')) return [];
      return [{ type: 'reasoning', text: part.text, ...(metadata === undefined ? {} : { providerOptions: metadata }) }];
    }
    case 'tool-call': {
      if (message.role !== 'assistant') throw misplaced(part, message);
      const metadata = calls.get(part.id);
      return [{ type: 'tool-call', toolCallId: part.id, toolName: part.name, input: part.arguments, ...(metadata === undefined ? {} : { providerOptions: metadata }) }];
    }
    case 'tool-result': {
      const kind = typeof part.content === 'string' ? 'text' : 'json';
      return [{ type: 'tool-result', toolCallId: part.id, toolName: part.name, output: { type: part.isError === true ? `error-${kind}` : kind, value: part.content } }];
    }
  }
}

function fileData(data: string, version: AiSdkVersion): unknown {
  if (version === 4) return isUrl(data) ? { type: 'url', url: new URL(data) } : { type: 'data', data };
  return isUrl(data) ? new URL(data) : data;
}
