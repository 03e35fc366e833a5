import type { FaultContent, FaultToolCall, ServedUsage } from './answer.ts';
import { halves } from './wire.ts';
import type { SettledContent } from './wire.ts';

/** Fills in what an answer leaves open, and what it costs whether or not it says so. */
export function settleContent(
  content: FaultContent,
  request: { readonly number: number; readonly model: string; readonly body: unknown },
): { readonly content: SettledContent; readonly usage: Required<ServedUsage> } {
  const pieces = typeof content.text === 'object' ? content.text : halves(content.text ?? '');
  const toolCalls = (content.toolCalls ?? []).map((call, index) => ({ id: call.id ?? `call_${request.number}_${index}`, name: call.name, arguments: argumentsOf(call) }));
  const reasoningTokens = tokens((content.reasoning ?? '').length);
  const spoken = pieces.join('').length + (content.refusal ?? '').length + toolCalls.reduce((sum, call) => sum + call.name.length + call.arguments.length, 0);
  const counted = { inputTokens: tokens(JSON.stringify(request.body).length), outputTokens: tokens(spoken) + reasoningTokens, reasoningTokens };
  const given = typeof content.usage === 'object' ? content.usage : counted;
  const usage = { cacheReadTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0, ...given };
  return {
    content: {
      ...(content.reasoning === undefined ? {} : { reasoning: content.reasoning }),
      ...(content.signature === undefined ? {} : { signature: content.signature }),
      ...(content.refusal === undefined ? {} : { refusal: content.refusal }),
      finish: content.finish ?? (toolCalls.length > 0 ? 'tool-calls' : 'stop'),
      model: content.model ?? request.model,
      pieces,
      toolCalls,
      usage: content.usage === 'none' ? undefined : usage,
    },
    usage,
  };
}

function argumentsOf(call: FaultToolCall): string {
  return typeof call.arguments === 'string' ? call.arguments : JSON.stringify(call.arguments ?? {});
}

function tokens(characters: number): number {
  return Math.ceil(characters / 4);
}
