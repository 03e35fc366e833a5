import { ModelError } from '../src/index.ts';
import type { ModelCard, ModelEvent, ModelProvider, ModelRequest, Usage } from '../src/index.ts';

/** A provider in this process that knows what it bills: the prompt's bytes, and each word of its answer. */
export interface BillingProvider extends ModelProvider {
  readonly sent: ModelRequest[];
  billedTokens(): number;
}

export type Reply = 'answer' | 'silent' | 'cut' | 'refuse' | 'reset' | 'stall';

export const card: ModelCard = { price: { usdPerMillion: { input: 1, output: 10 } }, contextTokens: 200_000, maxOutputTokens: 4_096 };

export function billingProvider(choose: (number: number) => Reply = () => 'answer', words = 20): BillingProvider {
  const sent: ModelRequest[] = [];
  let billed = 0;
  return {
    specVersion: 1,
    name: 'billing',
    sent,
    billedTokens: () => billed,
    async *stream(request, call): AsyncGenerator<ModelEvent> {
      const reply = choose(sent.length);
      sent.push(request);
      if (reply === 'refuse') throw new ModelError('FW_MODEL_SERVER', { message: 'HTTP 500', failure: 'server', status: 500, retryable: true });
      const inputTokens = Buffer.byteLength(JSON.stringify(request.messages.map((message) => message.content)));
      const outputTokens = Math.min(words, request.maxOutputTokens ?? Infinity);
      billed += inputTokens + outputTokens;
      if (reply === 'reset') throw new ModelError('FW_MODEL_NETWORK', { message: 'The connection was reset: ECONNRESET.', failure: 'network', retryable: true });
      yield { type: 'start', model: call.model, attempt: call.attempt };
      for (let word = 0; word < outputTokens; word += 1) {
        if (reply === 'cut' && word > 1) return;
        if (reply === 'stall' && word > 1) await new Promise((resolve) => call.signal.addEventListener('abort', resolve, { once: true }));
        if (call.signal.aborted) throw new Error('aborted');
        yield { type: 'text', delta: 'w ' };
        await Promise.resolve();
      }
      const usage: Usage = { inputTokens, outputTokens, cacheReadTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0, estimated: false, costNanoUsd: 'unknown' };
      if (reply !== 'silent') yield { type: 'usage', usage };
      yield { type: 'finish', reason: 'stop', raw: 'end' };
    },
  };
}
