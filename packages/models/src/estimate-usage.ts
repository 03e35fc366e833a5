import type { Message, ModelRequest, Part } from './model.ts';
import type { Usage } from './usage.ts';

const charactersPerToken = 4;
const mediaTokens = 1_000;

/** Usage counted from characters, for services that do not say. */
export function estimateUsage(request: ModelRequest, answer: { readonly content: number; readonly reasoning: number }, costNanoUsd: Usage['costNanoUsd']): Usage {
  let characters = JSON.stringify(request.tools ?? []).length + JSON.stringify(request.output ?? '').length;
  let media = 0;
  for (const message of request.messages) {
    for (const part of parts(message)) {
      if (part.type === 'image' || part.type === 'file') media += 1;
      else characters += part.type === 'text' || part.type === 'reasoning' ? part.text.length : JSON.stringify(part).length;
    }
  }
  const reasoningTokens = tokens(answer.reasoning);
  return {
    inputTokens: tokens(characters) + media * mediaTokens,
    outputTokens: tokens(answer.content) + reasoningTokens,
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
    reasoningTokens,
    estimated: true,
    costNanoUsd,
  };
}

function parts(message: Message): readonly Part[] {
  return typeof message.content === 'string' ? [{ type: 'text', text: message.content }] : message.content;
}

function tokens(characters: number): number {
  return Math.ceil(characters / charactersPerToken);
}
