import { failedWith } from '../failed-with.ts';
import type { JsonObject } from '../json.ts';
import type { Message, ModelRequest, Part } from '../model.ts';
import { fieldsOf } from '../wire/json-fields.ts';
import { isUrl, misplaced, partsOf, textOf } from '../wire/message-parts.ts';
import { sentArguments, sentId, sentName } from '../wire/sent-call.ts';

/** The service wants a limit, and every model that it still serves can say this much. */
const defaultMaxTokens = 32_000;

/**
 * The body of a message. The conversation so far is cached at the service; `cache_control: null` among the provider's
 * options turns that off.
 * @throws ModelError FW_MODEL_INVALID for what this API cannot say.
 */
export function messagesBody(request: ModelRequest, target: { readonly model: string; readonly provider: string }): JsonObject {
  const { messages, tools, toolChoice, output, maxOutputTokens, temperature, stop, reasoning } = request;
  const system = messages.filter((message) => message.role === 'system').map(textOf).filter((text) => text !== '').join('\n\n');
  const config = {
    ...(reasoning !== undefined && 'effort' in reasoning ? { effort: reasoning.effort } : {}),
    ...(output === undefined ? {} : { format: { type: 'json_schema', schema: output.schema } }),
  };
  const { cache_control = { type: 'ephemeral' }, ...options } = request.providerOptions?.[target.provider] ?? {};
  return {
    max_tokens: maxTokens(maxOutputTokens, reasoning),
    ...(system === '' ? {} : { system }),
    ...(tools === undefined || tools.length === 0 ? {} : { tools: tools.map((tool) => ({ name: tool.name, description: tool.description, input_schema: tool.inputSchema })) }),
    ...(toolChoice === undefined ? {} : { tool_choice: choice(toolChoice) }),
    ...(Object.keys(config).length === 0 ? {} : { output_config: config }),
    ...(reasoning === undefined ? {} : { thinking: 'effort' in reasoning ? { type: 'adaptive', display: 'summarized' } : { type: 'enabled', budget_tokens: reasoning.budgetTokens } }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(stop === undefined || stop.length === 0 ? {} : { stop_sequences: stop }),
    ...(cache_control === null ? {} : { cache_control }),
    ...options,
    model: target.model,
    messages: messages.flatMap(turn),
    stream: true,
  };
}

function maxTokens(asked: number | undefined, reasoning: ModelRequest['reasoning']): number {
  if (reasoning === undefined || !('budgetTokens' in reasoning)) return asked ?? defaultMaxTokens;
  if (asked !== undefined && asked <= reasoning.budgetTokens) {
    throw failedWith('parameter', `The budget of ${reasoning.budgetTokens} reasoning tokens leaves nothing of maxOutputTokens ${asked} for the answer. Lower the budget or raise maxOutputTokens.`);
  }
  return asked ?? Math.max(defaultMaxTokens, reasoning.budgetTokens + 8_000);
}

function choice(toolChoice: NonNullable<ModelRequest['toolChoice']>): JsonObject {
  if (typeof toolChoice === 'object') return { type: 'tool', name: toolChoice.name };
  return { type: toolChoice === 'required' ? 'any' : toolChoice };
}

function turn(message: Message): JsonObject[] {
  if (message.role === 'system') return [];
  const content = partsOf(message).flatMap((part) => block(part, message));
  return content.length === 0 ? [] : [{ role: message.role === 'assistant' ? 'assistant' : 'user', content }];
}

function block(part: Part, message: Message): JsonObject[] {
  if (message.role === 'tool' && part.type !== 'tool-result') throw misplaced(part, message);
  switch (part.type) {
    // The service refuses text of blanks alone.
    case 'text': return part.text.trim() === '' ? [] : [{ type: 'text', text: part.text }];
    case 'image': return [{ type: 'image', source: source(part) }];
    case 'file': return [{ type: 'document', source: source(part) }];
    case 'reasoning': return message.role === 'assistant' ? thinking(part.text, fieldsOf(part.opaque)) : [];
    case 'tool-call':
      if (message.role !== 'assistant') throw misplaced(part, message);
      return [{ type: 'tool_use', id: sentId(part.id), name: sentName(part.name), input: sentArguments(part.arguments) }];
    case 'tool-result':
      if (message.role !== 'tool') throw misplaced(part, message);
      return [{ type: 'tool_result', tool_use_id: sentId(part.id), content: typeof part.content === 'string' ? part.content : JSON.stringify(part.content), ...(part.isError === true ? { is_error: true } : {}) }];
  }
}

/** Thoughts without their signature are refused, so they are left out. */
function thinking(text: string, { signature, redacted }: { readonly [name: string]: unknown }): JsonObject[] {
  if (typeof redacted === 'string') return [{ type: 'redacted_thinking', data: redacted }];
  return typeof signature === 'string' ? [{ type: 'thinking', thinking: text, signature }] : [];
}

function source(part: { readonly mediaType: string; readonly data: string }): JsonObject {
  if (isUrl(part.data)) return { type: 'url', url: part.data };
  if (part.mediaType.startsWith('text/')) return { type: 'text', media_type: 'text/plain', data: Buffer.from(part.data, 'base64').toString() };
  return { type: 'base64', media_type: part.mediaType, data: part.data };
}
