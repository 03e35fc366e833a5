import type { Json, JsonObject } from '../json.ts';
import type { ServedUsage } from './answer.ts';
import { openaiError, openaiLimitHeaders } from './openai-chat.ts';
import { halves, lastOf, sentEvent, textIn } from './wire.ts';
import type { SettledContent, Wire } from './wire.ts';

/** OpenAI's responses. */
export const openaiResponsesWire: Wire = {
  basePath: '/v1',
  accepts: (path) => path.endsWith('/responses'),
  keyOf: (headers) => headers.authorization?.replace(/^Bearer /, '') ?? '',
  modelOf: (_, body) => String(body['model'] ?? ''),
  lastText: (body) => (typeof body['input'] === 'string' ? body['input'] : textIn(lastOf(body['input'])['content'])),
  events,
  unknownEvent: sentEvent({ type: 'response.something_new' }, 'response.something_new'),
  error: openaiError,
  errorEvent(error) {
    const { code, message } = openaiError(error).body['error'] as JsonObject;
    return sentEvent({ type: 'error', code: code ?? null, message: message ?? '', param: null }, 'error');
  },
  limitHeaders: openaiLimitHeaders,
};

function events(content: SettledContent): readonly string[] {
  let sequence = 0;
  const event = (type: string, more: JsonObject): string => sentEvent({ type, sequence_number: sequence++, ...more }, type);
  const response = (status: string, more: JsonObject = {}): Json => ({ id: 'resp_1', object: 'response', model: content.model, status, output: [], ...more });
  const finish = content.finish ?? 'stop';
  const sent = [event('response.created', { response: response('in_progress') })];
  let index = 0;
  if (content.reasoning !== undefined || content.signature !== undefined) {
    for (const delta of halves(content.reasoning ?? '')) sent.push(event('response.reasoning_summary_text.delta', { item_id: 'rs_1', output_index: index, summary_index: 0, delta }));
    const item: JsonObject = { id: 'rs_1', type: 'reasoning', summary: [{ type: 'summary_text', text: content.reasoning ?? '' }], ...(content.signature === undefined ? {} : { encrypted_content: content.signature }) };
    sent.push(event('response.output_item.done', { output_index: index++, item }));
  }
  if (content.pieces.length > 0) {
    for (const delta of content.pieces) sent.push(event('response.output_text.delta', { item_id: 'msg_1', output_index: index, content_index: 0, delta, logprobs: [] }));
    const item: JsonObject = { id: 'msg_1', type: 'message', role: 'assistant', status: 'completed', content: [{ type: 'output_text', text: content.pieces.join(''), annotations: [] }] };
    sent.push(event('response.output_item.done', { output_index: index++, item }));
  }
  if (content.refusal !== undefined) sent.push(event('response.refusal.delta', { item_id: 'msg_1', output_index: index, content_index: 0, delta: content.refusal }));
  const calls = content.toolCalls.map((call, number) => ({ call, index: index + number, id: `fc_${number}` }));
  for (const { call, index, id } of calls) sent.push(event('response.output_item.added', { output_index: index, item: { id, type: 'function_call', call_id: call.id, name: call.name, arguments: '', status: 'in_progress' } }));
  for (const turn of [0, 1]) {
    for (const { call, index, id } of calls) {
      const delta = halves(call.arguments)[turn];
      if (delta !== undefined) sent.push(event('response.function_call_arguments.delta', { item_id: id, output_index: index, delta }));
    }
  }
  for (const { call, index, id } of calls) sent.push(event('response.output_item.done', { output_index: index, item: { id, type: 'function_call', call_id: call.id, name: call.name, arguments: call.arguments, status: finish === 'length' ? 'incomplete' : 'completed' } }));
  const usage = content.usage === undefined ? {} : { usage: responsesUsage(content.usage) };
  if (finish === 'none') return sent;
  const incomplete = finish === 'length' ? 'max_output_tokens' : finish === 'content-filter' ? 'content_filter' : finish === 'other' ? 'other' : undefined;
  sent.push(incomplete === undefined
    ? event('response.completed', { response: response('completed', usage) })
    : event('response.incomplete', { response: response('incomplete', { incomplete_details: { reason: incomplete }, ...usage }) }));
  return sent;
}

function responsesUsage(usage: Required<ServedUsage>): JsonObject {
  return {
    input_tokens: usage.inputTokens,
    input_tokens_details: { cached_tokens: usage.cacheReadTokens, ...(usage.cacheWriteTokens === 0 ? {} : { cache_write_tokens: usage.cacheWriteTokens }) },
    output_tokens: usage.outputTokens,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
    total_tokens: usage.inputTokens + usage.outputTokens,
  };
}
