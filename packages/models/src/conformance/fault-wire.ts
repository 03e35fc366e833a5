import { conformanceScript } from './prompts.ts';
import type { FaultAnswer, FaultRequest } from '../fault-server.ts';

/** The answers to `conformancePrompts`, from a fault server. */
export function answerPrompt(request: FaultRequest): FaultAnswer {
  const reply = conformanceScript.replies.find(({ when }) => when?.lastContains !== undefined && request.text.includes(when.lastContains));
  const { text, toolCalls } = reply?.then ?? {};
  return {
    ...(text === undefined ? {} : { text }),
    ...(toolCalls === undefined ? {} : { toolCalls: toolCalls.map((call) => ({ name: call.name, arguments: call.arguments ?? {} })) }),
    // The reader of this one leaves in the middle.
    ...(text !== undefined && text.length > 200 ? { text: text.match(/.{1,40}/g) ?? [], gapMs: 20 } : {}),
  };
}
