import type { Json, Message, Part } from '@fw/models';
import { failure } from './answer-calls.ts';

/**
 * The conversation as every service takes it: each call has exactly one result, in the message after it, and each
 * result has a call. A call that was cut off, by an abort, a crash or a stream that ended, is answered `cancelled`; a
 * result without a call, or a second one, is left out. Gives back the same messages when nothing was missing.
 */
export function closeCalls(messages: readonly Message[]): readonly Message[] {
  const closed: Message[] = [];
  let isSame = true;
  for (let index = 0; index < messages.length; index++) {
    const message = messages[index]!;
    if (message.role === 'tool') {
      // Results are taken with the message that they answer; these answer none.
      isSame = false;
      continue;
    }
    closed.push(message);
    const calls = callsOf(message);
    if (calls.length === 0) continue;
    const results: Part[] = [];
    let last = index;
    while (messages[last + 1]?.role === 'tool') results.push(...partsOf(messages[++last]!));
    const answered = calls.map((call) => results.find((part) => part.type === 'tool-result' && part.id === call.id) ?? cancelled(call));
    const isWhole = last === index + 1 && answered.length === results.length && answered.every((part, at) => part === results[at]);
    closed.push(isWhole ? messages[last]! : { role: 'tool', content: answered });
    isSame &&= isWhole;
    index = last;
  }
  return isSame ? messages : closed;
}

type CallPart = Extract<Part, { readonly type: 'tool-call' }>;

function callsOf(message: Message): readonly CallPart[] {
  return message.role === 'assistant' ? partsOf(message).filter((part) => part.type === 'tool-call') : [];
}

const partsOf = (message: Message): readonly Part[] => (typeof message.content === 'string' ? [] : message.content);

function cancelled({ id, name }: CallPart): Part {
  const content: Json = failure('cancelled', `${name} was cut off before it gave an answer. It may have run or not: look, before you call it again.`);
  return { type: 'tool-result', id, name, content, isError: true };
}
