import { ModelError } from '../src/index.ts';
import type { FailureKind, ModelCall, ModelEvent, ModelProvider, ModelRequest } from '../src/index.ts';
import { failedWith } from '../src/failed-with.ts';

export interface SentRequest {
  readonly model: string;
  readonly keyIndex: number | undefined;
  readonly request: ModelRequest;
}

export type Outcome = 'answer' | FailureKind | ModelError | { readonly after: string; readonly failure: FailureKind };

/** A provider whose every request has the outcome that the test chooses, and that remembers what it was sent. */
export function failingProvider(choose: (sent: SentRequest, number: number) => Outcome, more: { readonly name?: string; readonly keys?: number } = {}): ModelProvider & { readonly sent: SentRequest[] } {
  const sent: SentRequest[] = [];
  const { name = 'p', keys } = more;
  return {
    specVersion: 1,
    name,
    ...(keys === undefined ? {} : { keys }),
    sent,
    async *stream(request: ModelRequest, call: ModelCall): AsyncGenerator<ModelEvent> {
      const one = { model: call.model, keyIndex: call.keyIndex, request };
      const outcome = choose(one, sent.length);
      sent.push(one);
      if (outcome instanceof ModelError) throw outcome;
      if (typeof outcome === 'string' && outcome !== 'answer') throw failedWith(outcome, `${outcome} it is`, { status: 500 });
      yield { type: 'start', model: call.model, attempt: call.attempt };
      if (typeof outcome === 'object') {
        yield { type: 'text', delta: outcome.after };
        throw failedWith(outcome.failure, `${outcome.failure} in the middle`);
      }
      yield { type: 'text', delta: `${call.model} answers` };
      yield { type: 'usage', usage: { inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0, estimated: false, costNanoUsd: 0 } };
      yield { type: 'finish', reason: 'stop', raw: '' };
    },
  };
}
