import { failedWith } from '../failed-with.ts';
import type { JsonObject } from '../json.ts';
import type { Message, ModelRequest, Part } from '../model.ts';
import { fieldsOf } from '../wire/json-fields.ts';
import { dataUrl, fileName, isUrl, misplaced, partsOf, resultText, textOf } from '../wire/message-parts.ts';
import { sentId, sentName } from '../wire/sent-call.ts';

/** The body of a response. Nothing is stored at the service. @throws ModelError FW_MODEL_PARAMETER or FW_MODEL_INVALID for what this API cannot say. */
export function responsesBody(request: ModelRequest, target: { readonly model: string; readonly provider: string }): JsonObject {
  const { tools, toolChoice, output, maxOutputTokens, temperature, stop, reasoning } = request;
  if (stop !== undefined && stop.length > 0) throw failedWith('parameter', 'OpenAI responses know no stop sequences. Leave "stop" out, or use openai({ api: "chat" }).');
  if (reasoning !== undefined && !('effort' in reasoning)) throw failedWith('parameter', 'OpenAI responses know no budget of reasoning tokens. Ask for reasoning: { effort } instead.');
  return {
    // Left out, "strict" is on, and refuses schemas with optional properties.
    ...(tools === undefined || tools.length === 0 ? {} : { tools: tools.map((tool) => ({ type: 'function', name: tool.name, description: tool.description, parameters: tool.inputSchema, strict: false })) }),
    ...(toolChoice === undefined ? {} : { tool_choice: typeof toolChoice === 'string' ? toolChoice : { type: 'function', name: toolChoice.name } }),
    ...(output === undefined ? {} : { text: { format: { type: 'json_schema', name: output.name, schema: output.schema } } }),
    ...(maxOutputTokens === undefined ? {} : { max_output_tokens: maxOutputTokens }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(reasoning === undefined ? {} : { reasoning: { effort: reasoning.effort, summary: 'auto' } }),
    store: false,
    ...request.providerOptions?.[target.provider],
    model: target.model,
    input: request.messages.flatMap(items),
    stream: true,
  };
}

function items(message: Message): JsonObject[] {
  switch (message.role) {
    case 'system':
      return [{ role: 'system', content: textOf(message) }];
    case 'user':
      return [{ role: 'user', content: typeof message.content === 'string' ? message.content : message.content.map((part) => contentPart(part, message)) }];
    case 'assistant':
      return partsOf(message).flatMap(assistantItem);
    case 'tool':
      return partsOf(message).map((part) => {
        if (part.type !== 'tool-result') throw misplaced(part, message);
        return { type: 'function_call_output', call_id: sentId(part.id), output: resultText(part) };
      });
  }
}

function assistantItem(part: Part): JsonObject[] {
  if (part.type === 'text') return part.text === '' ? [] : [{ role: 'assistant', content: part.text }];
  if (part.type === 'tool-call') return [{ type: 'function_call', call_id: sentId(part.id), name: sentName(part.name), arguments: JSON.stringify(part.arguments) }];
  const { id, encrypted } = fieldsOf(part.type === 'reasoning' ? part.opaque : undefined);
  if (part.type !== 'reasoning' || typeof id !== 'string' || typeof encrypted !== 'string') return [];
  return [{ type: 'reasoning', id, summary: part.text === '' ? [] : [{ type: 'summary_text', text: part.text }], encrypted_content: encrypted }];
}

function contentPart(part: Part, message: Message): JsonObject {
  if (part.type === 'text') return { type: 'input_text', text: part.text };
  if (part.type === 'image') return { type: 'input_image', image_url: isUrl(part.data) ? part.data : dataUrl(part), detail: 'auto' };
  if (part.type !== 'file') throw misplaced(part, message);
  return isUrl(part.data) ? { type: 'input_file', file_url: part.data } : { type: 'input_file', filename: fileName(part), file_data: dataUrl(part) };
}
