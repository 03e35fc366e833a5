import { failedWith } from '../failed-with.ts';
import type { FinishReason, ModelCall } from '../model.ts';
import type { Usage, UsageRound } from '../usage.ts';
import type { Answer } from '../wire/answer.ts';
import { eventAs } from '../wire/classify.ts';
import type { FailureContext } from '../wire/classify.ts';
import { countField, fieldsOf, listField, textField } from '../wire/json-fields.ts';
import type { Fields } from '../wire/json-fields.ts';
import { createToolCalls } from '../wire/tool-calls.ts';

const finishReasons: { readonly [raw: string]: FinishReason | undefined } = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool-calls',
};
const eventTypes = new Set(['message_start', 'content_block_start', 'content_block_delta', 'content_block_stop', 'message_delta', 'message_stop']);

/** The events of one message as ours. */
export function createMessagesAnswer(call: ModelCall, context: FailureContext): Answer {
  const toolCalls = createToolCalls(context.id, call.key);
  const usage = createUsage();
  const text: string[] = [];
  let started = false;
  let heard = false;
  let over = false;
  let stop = '';
  let why = '';
  return {
    isFinished: () => stop !== '',
    isOver: () => over,
    *read(chunk) {
      const event = fieldsOf(chunk);
      const type = textField(event, 'type');
      if (type === '') throw failedWith('protocol', `${context.id} sent something that is no event of a message.`);
      if (type === 'error') throw eventAs(event, context);
      if (!eventTypes.has(type)) return;
      heard = true;
      const message = fieldsOf(event['message']);
      const block = fieldsOf(event['content_block']);
      const delta = fieldsOf(event['delta']);
      if (!started) {
        started = true;
        yield { type: 'start', model: textField(message, 'model') || call.model, attempt: call.attempt };
      }
      if (type.startsWith('message_')) usage.add(fieldsOf(message['usage'] ?? event['usage']));
      if (type === 'message_stop') over = true;
      if (type === 'message_delta') {
        stop = textField(delta, 'stop_reason') || stop;
        why = textField(fieldsOf(delta['stop_details']), 'explanation') || why;
      }
      if (block['type'] === 'tool_use') {
        // Some servers say the whole input at once.
        const whole = Object.keys(fieldsOf(block['input'])).length > 0 ? JSON.stringify(block['input']) : '';
        toolCalls.add({ index: countField(event, 'index'), id: textField(block, 'id'), name: textField(block, 'name'), arguments: whole });
      }
      if (block['type'] === 'redacted_thinking') yield { type: 'signature', opaque: { redacted: textField(block, 'data') } };
      const words = textField(block, 'text') + textField(delta, 'text');
      if (words !== '') {
        text.push(words);
        yield { type: 'text', delta: words };
      }
      const thoughts = textField(block, 'thinking') + textField(delta, 'thinking');
      if (thoughts !== '') yield { type: 'reasoning', delta: thoughts };
      const signature = textField(block, 'signature') + textField(delta, 'signature');
      if (signature !== '') yield { type: 'signature', opaque: { signature } };
      if (delta['type'] === 'input_json_delta') toolCalls.add({ index: countField(event, 'index'), arguments: textField(delta, 'partial_json') });
    },
    *end() {
      if (!heard) throw failedWith('protocol', `${context.id} answered without a single event. Check the baseURL.`);
      const total = usage.total();
      if (total !== undefined) yield { type: 'usage', ...total };
      if (stop === '') throw failedWith('truncated', `The answer of ${context.id} ended before it was finished.`);
      if (stop === 'refusal') throw failedWith('policy', context.redact(`${context.id} refused: ${(why || text.join('')).slice(0, 500) || 'it gave no reason'}`));
      yield* toolCalls.complete(finishReasons[stop] === 'length');
      yield { type: 'finish', reason: finishReasons[stop] ?? 'other', raw: stop };
    },
  };
}

/** Usage comes in two events. The second is no addition: it replaces, also downwards, what it repeats. */
function createUsage(): { add(fields: Fields): void; total(): { readonly usage: Usage; readonly rounds?: readonly UsageRound[] } | undefined } {
  const seen = new Map<string, number>();
  let thinking = 0;
  let iterations: readonly Fields[] = [];
  return {
    add(fields) {
      for (const name of names) {
        const count = countField(fields, name);
        if (count !== undefined) seen.set(name, count);
      }
      thinking = countField(fieldsOf(fields['output_tokens_details']), 'thinking_tokens') ?? thinking;
      // Rounds that the service made by itself; the figures beside them hold only the last one.
      iterations = Array.isArray(fields['iterations']) ? listField(fields, 'iterations') : iterations;
    },
    total() {
      if (iterations.length === 0 && !(seen.has('input_tokens') && seen.has('output_tokens'))) return undefined;
      const rounds = iterations.length === 0 ? [roundOf(Object.fromEntries(seen))] : iterations.map(roundOf);
      const sum = (name: 'inputTokens' | 'outputTokens' | 'cacheReadTokens' | 'cacheWriteTokens'): number => rounds.reduce((total, round) => total + round[name], 0);
      const outputTokens = sum('outputTokens');
      const usage: Usage = {
        inputTokens: sum('inputTokens'),
        outputTokens,
        cacheReadTokens: sum('cacheReadTokens'),
        cacheWriteTokens: sum('cacheWriteTokens'),
        reasoningTokens: Math.min(thinking, outputTokens),
        estimated: false,
        costNanoUsd: 'unknown',
      };
      return iterations.length === 0 ? { usage } : { usage, rounds };
    },
  };
}

const names = ['input_tokens', 'output_tokens', 'cache_read_input_tokens', 'cache_creation_input_tokens'];

function roundOf(fields: Fields): UsageRound {
  const count = (name: string): number => countField(fields, name) ?? 0;
  const cacheReadTokens = count('cache_read_input_tokens');
  const cacheWriteTokens = count('cache_creation_input_tokens');
  const model = textField(fields, 'model');
  return { inputTokens: count('input_tokens') + cacheReadTokens + cacheWriteTokens, outputTokens: count('output_tokens'), cacheReadTokens, cacheWriteTokens, ...(model === '' ? {} : { model }) };
}
