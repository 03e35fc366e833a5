import { ModelError } from '../src/index.ts';
import type { Clock, Model, ModelEvent, ModelProvider } from '../src/index.ts';

export interface Sent {
  readonly agent: string;
  readonly at: number;
}

export interface TimedReply {
  readonly inputTokens?: number;
  readonly cacheReadTokens?: number;
  readonly outputTokens?: number;
  readonly takesMs?: number;
  readonly headers?: { readonly [name: string]: string };
  readonly refuse?: { readonly retryAfterMs?: number };
  readonly fails?: boolean;
}

/** A provider that notes when each request came, by the given clock, and takes its time. */
export function timedProvider(clock: Clock, reply: (number: number, words: string) => TimedReply = () => ({})): ModelProvider & { readonly sent: Sent[] } {
  const sent: Sent[] = [];
  return {
    specVersion: 1,
    name: 'timed',
    sent,
    async *stream(request, call): AsyncGenerator<ModelEvent> {
      const words = String(request.messages[0]?.content);
      const { inputTokens = 10, outputTokens = 10, cacheReadTokens = 0, takesMs = 0, headers, refuse, fails } = reply(sent.length, words);
      sent.push({ agent: words, at: clock.now() });
      if (headers !== undefined) call.onHeaders(headers);
      if (takesMs > 0) await clock.sleep(takesMs, call.signal);
      if (refuse !== undefined) {
        const retryAt = refuse.retryAfterMs === undefined ? {} : { retryAt: clock.now() + refuse.retryAfterMs };
        throw new ModelError('FW_MODEL_RATE_LIMIT', { message: 'HTTP 429', failure: 'rate-limit', status: 429, retryable: true, ...retryAt });
      }
      if (fails === true) throw new ModelError('FW_MODEL_SERVER', { message: 'HTTP 500', failure: 'server', status: 500, retryable: true });
      yield { type: 'text', delta: 'x' };
      yield { type: 'usage', usage: { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens: 0, reasoningTokens: 0, estimated: false, costNanoUsd: 0 } };
      yield { type: 'finish', reason: 'stop', raw: '' };
    },
  };
}

/** Asks so many times at once. */
export function askAll(model: Model, count: number, options: { readonly agent?: string; readonly maxOutputTokens?: number } = {}): Promise<unknown>[] {
  const { agent = 'a', maxOutputTokens } = options;
  const request = { messages: [{ role: 'user', content: agent } as const], ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }) };
  return Array.from({ length: count }, () => model.generate(request, { scope: { run: 'r', agent } }));
}
