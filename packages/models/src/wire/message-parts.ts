import type { Json } from '../json.ts';
import type { Message, Part } from '../model.ts';
import { failedWith } from '../failed-with.ts';
import type { ModelError } from '../model-error.ts';

/** The content of a message as parts. */
export function partsOf(message: Message): readonly Part[] {
  return typeof message.content === 'string' ? [{ type: 'text', text: message.content }] : message.content;
}

export function textOf(message: Message): string {
  return partsOf(message).map((part) => (part.type === 'text' ? part.text : '')).join('');
}

/** What a tool answered, for services that take text; an error says that it is one. */
export function resultText(part: Part & { readonly type: 'tool-result' }): string {
  const content: Json = part.isError === true ? { error: part.content } : part.content;
  return typeof content === 'string' ? content : JSON.stringify(content);
}

export function isUrl(data: string): boolean {
  return /^(https?|data):/.test(data);
}

export function dataUrl(part: { readonly mediaType: string; readonly data: string }): string {
  return `data:${part.mediaType};base64,${part.data}`;
}

/** For services that want a name for every file. */
export function fileName(part: { readonly mediaType: string }): string {
  return `file.${part.mediaType.split('/')[1] ?? 'bin'}`;
}

/** The error for a part in a message whose role cannot say it. */
export function misplaced(part: Part, message: Message): ModelError {
  const hint = message.role === 'tool' ? 'Put tool-result parts there only.' : 'Only an assistant or a tool can say it.';
  return failedWith('invalid', `A message with role "${message.role}" holds a part of type "${part.type}". ${hint}`);
}
