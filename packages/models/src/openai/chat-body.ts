import { failedWith } from '../failed-with.ts';
import type { JsonObject } from '../json.ts';
import type { Message, ModelRequest, Part, ToolSpec } from '../model.ts';
import { dataUrl, fileName, isUrl, misplaced, partsOf, resultText, textOf } from '../wire/message-parts.ts';
import { sentId, sentName } from '../wire/sent-call.ts';

export interface BodyTarget {
  readonly model: string;
  readonly provider: string;
  /** True for a server with a base URL of its own, which may know only the older names of parameters. */
  readonly compatible: boolean;
}

/** The body of a chat completion. @throws ModelError FW_MODEL_PARAMETER or FW_MODEL_INVALID for what this API cannot say. */
export function chatBody(request: ModelRequest, target: BodyTarget): JsonObject {
  const { tools, toolChoice, output, maxOutputTokens, temperature, stop } = request;
  return {
    ...(tools === undefined || tools.length === 0 ? {} : { tools: tools.map(toolBody) }),
    ...(toolChoice === undefined ? {} : { tool_choice: typeof toolChoice === 'string' ? toolChoice : { type: 'function', function: { name: toolChoice.name } } }),
    ...(output === undefined ? {} : { response_format: { type: 'json_schema', json_schema: { name: output.name, schema: output.schema } } }),
    ...(maxOutputTokens === undefined ? {} : { [target.compatible ? 'max_tokens' : 'max_completion_tokens']: maxOutputTokens }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(stop === undefined || stop.length === 0 ? {} : { stop }),
    ...reasoningBody(request.reasoning),
    ...request.providerOptions?.[target.provider],
    model: target.model,
    messages: request.messages.flatMap(messageBody),
    stream: true,
    stream_options: { include_usage: true },
  };
}

function toolBody(tool: ToolSpec): JsonObject {
  return { type: 'function', function: { name: tool.name, description: tool.description, parameters: tool.inputSchema } };
}

function reasoningBody(reasoning: ModelRequest['reasoning']): JsonObject {
  if (reasoning === undefined) return {};
  if ('effort' in reasoning) return { reasoning_effort: reasoning.effort };
  throw failedWith('parameter', 'Chat completions know no budget of reasoning tokens. Ask for reasoning: { effort } instead.');
}

function messageBody(message: Message): JsonObject[] {
  switch (message.role) {
    case 'system':
      return [{ role: 'system', content: textOf(message) }];
    case 'user':
      return [{ role: 'user', content: typeof message.content === 'string' ? message.content : message.content.map((part) => contentPart(part, message)) }];
    case 'assistant':
      return [assistantBody(message)];
    case 'tool':
      return toolResults(message);
  }
}

function assistantBody(message: Message): JsonObject {
  const calls = partsOf(message).flatMap((part) =>
    part.type === 'tool-call' ? [{ id: sentId(part.id), type: 'function', function: { name: sentName(part.name), arguments: JSON.stringify(part.arguments) } }] : [],
  );
  const content = textOf(message);
  return calls.length === 0 ? { role: 'assistant', content } : { role: 'assistant', content: content === '' ? null : content, tool_calls: calls };
}

function toolResults(message: Message): JsonObject[] {
  return partsOf(message).map((part) => {
    if (part.type !== 'tool-result') throw misplaced(part, message);
    return { role: 'tool', tool_call_id: sentId(part.id), content: resultText(part) };
  });
}

function contentPart(part: Part, message: Message): JsonObject {
  if (part.type === 'text') return { type: 'text', text: part.text };
  if (part.type === 'image') return { type: 'image_url', image_url: { url: isUrl(part.data) ? part.data : dataUrl(part) } };
  if (part.type !== 'file') throw misplaced(part, message);
  if (isUrl(part.data)) throw failedWith('invalid', 'Chat completions take a file as base64, not as a URL.');
  return { type: 'file', file: { filename: fileName(part), file_data: dataUrl(part) } };
}
