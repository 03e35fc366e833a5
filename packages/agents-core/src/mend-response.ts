import type { ModelResponse, Part } from '@fw/models';
import { findRepeatedText } from './repeated-text.ts';

/** A result is found by the id of its call: one that is empty or was there before gets another. */
export function withOwnIds(response: ModelResponse, taken: Set<string>): ModelResponse {
  const renamed = new Map<number, string>();
  for (const [index, { id }] of response.toolCalls.entries()) {
    let own = id;
    for (let suffix = 2; own === '' || taken.has(own); suffix++) own = `${id || 'call'}_${suffix}`;
    taken.add(own);
    if (own !== id) renamed.set(index, own);
  }
  if (renamed.size === 0 || typeof response.message.content === 'string') return response;
  let index = 0;
  const content = response.message.content.map((part): Part => {
    if (part.type !== 'tool-call') return part;
    const id = renamed.get(index++);
    return id === undefined ? part : { ...part, id };
  });
  const toolCalls = response.toolCalls.map((call, at) => ({ ...call, id: renamed.get(at) ?? call.id }));
  return { ...response, toolCalls, message: { ...response.message, content } };
}

/** Calls of one answer that go on into the conversation; thousands would fill the window at once, with nothing left to shorten. */
const mostCalls = 256;

/** Of an answer with more calls than can be kept the first ones, and a text that says so. */
export function cutCalls(response: ModelResponse): ModelResponse {
  const { toolCalls, message } = response;
  if (toolCalls.length <= mostCalls || typeof message.content === 'string') return response;
  let index = 0;
  const content = message.content.flatMap((part): readonly Part[] => {
    if (part.type !== 'tool-call') return [part];
    index += 1;
    if (index > mostCalls) return [];
    return index === 1 ? [{ type: 'text', text: `[${toolCalls.length - mostCalls} of the ${toolCalls.length} calls of this answer were left out: at most ${mostCalls} are taken]` }, part] : [part];
  });
  return { ...response, toolCalls: toolCalls.slice(0, mostCalls), message: { ...message, content } };
}

/** Of a text that says one thing over and over, what stands before its second time goes on into the conversation. */
export function cutEndless(response: ModelResponse): ModelResponse {
  const repeated = findRepeatedText(response.text);
  if (repeated === undefined || typeof response.message.content === 'string') return response;
  const text = `${response.text.slice(0, repeated.keep)}[… said again and again; cut]`;
  const content = response.message.content.flatMap((part, index, parts): readonly Part[] => (
    part.type !== 'text' ? [part] : parts.findIndex(({ type }) => type === 'text') === index ? [{ type: 'text', text }] : []
  ));
  return { ...response, message: { ...response.message, content } };
}
